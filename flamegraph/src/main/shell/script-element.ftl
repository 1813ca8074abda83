<script><![CDATA[${script}]]></script>
