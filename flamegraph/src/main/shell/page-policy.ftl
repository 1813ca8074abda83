default-src 'none'; script-src 'sha256-${scriptHash}'; style-src 'sha256-${styleHash}' 'sha256-${pageStyleHash}'; base-uri 'none'; form-action 'none'
