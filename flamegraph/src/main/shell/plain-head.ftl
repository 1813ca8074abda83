<head xmlns="http://www.w3.org/1999/xhtml"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'"/></head>
<style><![CDATA[${style}]]></style>
