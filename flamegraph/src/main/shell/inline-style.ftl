<style><![CDATA[${style}]]></style>
