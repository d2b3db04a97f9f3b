"""Places where tools write credentials of any look: headers, addresses, command lines, statements."""

from __future__ import annotations

from workbench.core.redaction.shapes import shape

_COMMANDS = "sshpass|(?:docker|podman|registry|oras|skopeo|crane|az|oc|helm registry) login|mongosh?|mongodump|cqlsh"

PLACES = (
    shape("docker-auth", "auth", r"(\\*\"auths?\\*\"\s*:\s*\\*\")[A-Za-z0-9+/]{8,}={0,2}",
          trigger=r"auths?\\*\"\s?:\s?\\*\"[A-Za-z0-9+/]"),
    shape("npm-auth", "_auth", r"(\b_auth\s*=\s*\"?)[A-Za-z0-9+/]{8,}={0,2}", trigger=r"\b_auth\s?="),
    shape("header", "authorization",
          r"(?i)((?:proxy-)?authorization[\"']?\]?\s*[:=]\s*\[?[\"']?(?:basic|bearer|token|digest|negotiate"
          r"|aws4-hmac-sha256|apikey|geniekey|splunk|ssws|sso-key|nexttoken|aws|sharedkey)\s+(?:token=)?)"
          r"(?:username=.*|[^\s\"',]{4,})",
          trigger=r"(?i:authorization[\"'\]]{0,2}\s?[:=]\s?\[?[\"']?[a-z0-9-]+\s)"),
    shape("signature", "signature=", r"(?i)(\bsignature=)[A-Za-z0-9+/=%_-]{16,}",
          trigger=r"(?i:signature=[a-z0-9])"),
    shape("bearer", "bearer", r"(?i)(\bbearer\s+)(?=[^\s\"']*\d)[\w.~+/-]{12,}=*",
          trigger=r"(?i:bearer\s+[A-Za-z0-9._~+/-]{6})"),
    shape("basic", "basic", r"(\b[Bb]asic\s+)(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{12,}={0,2}",
          trigger=r"(?i:basic\s+[A-Za-z0-9+/]{6})"),
    shape("cookie", "cookie",
          r"(?i)(\b(?:set-)?cookie[\"']?\s*[:=]\s*\[?[\"']?)(?:[\w.-]+=[^\s;,\"'«]{0,7};\s*)*[^\s;=«]+=[^\s;\"'«]{8,}(?:;\s*[^\s\"']+)*",
          trigger=r"(?i:cookie[\"']?\s?[:=]\s?\[?[\"']?[^\s;=]+=)"),
    # RFC 3986, 3.2.1: user information ends at the "@" before the host.
    shape("url-credentials", "://",
          r"(\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@«'\"]{0,100}:)[^\s/'\"<>«]{1,200}(?=@)",
          trigger=r"://[^\s/:@\"]*:[^\s/\"]*@"),
    shape("url-token", "://", r"(\b[a-z]{2,10}://)(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,200}(?=@)",
          trigger=r"://[A-Za-z0-9_-]{8,}@"),
    shape("query", "= %3d",
          r"(?i)([?&](?:sig|x-amz-signature|x-amz-security-token|signature|(?:access|session|auth|refresh|id)?_?token"
          r"|api_?key|application_key|app_key|auth|secret|client_secret|password|passwd|pwd)=)[A-Za-z0-9%+/=_.~!-]{6,}"
          r"|([?&](?:code|key)=)(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9%+/=_-]{24,}",
          trigger=r"(?i:[?&](?:sig|x-amz-s[^\s=]*|signature|[a-z]*_?token|api_?key|app[a-z]*_key|auth|secret|client_secret"
          r"|passw?o?r?d|pwd)=[^\s&]{6}|[?&](?:code|key)=[^\s&]{8})"),
    shape("encoded-password", "pwd%3d password%3d", r"(?i)((?:pwd|password)%3D)[^%&;\s]{3,}",
          trigger=r"(?i:(?:pwd|password)%3d)"),
    shape("azure-key", "accountkey= sharedaccesskey=",
          r"(?i)((?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{20,}={0,2}", trigger=r"(?i:ccountkey=|accesskey=)"),
    shape("bootstrap-token", "token",
          r"(?i)(\b(?:bootstrap-?)?token[\"']?[:=\s]{1,3}[\"']?)[a-z0-9]{6}\.[a-z0-9]{16}\b",
          trigger=r"(?i:token\W{1,5}[a-z0-9]{6}\.)"),
    shape("netrc", "login", r"(?i)(\blogin\s+\S+\s+password\s+)[^\s«]+",
          trigger=r"(?i:login\s+\S+\s+password\s)"),
    shape("user-flag", "curl http etcdctl",
          r"(\b(?:curl|etcdctl|https?)\b[^\n]*?\s(?:-u|-a|--user|--proxy-user)[ =]?[\"']?[^\s:\"']+:)[^\s\"'«]+",
          trigger=r"(?:curl|etcdctl|http)[^\n]*\s(?:-u|-a|--user|--proxy-user)[ =]?[\"']?[^\s:]+:"),
    shape("command-line", "sshpass login redis-cli mongo cqlsh",
          rf"(\b(?:{_COMMANDS}|redis-cli)\b[^\n|;]*?\s-[pa][ =]?)[^\s«-][^\s«]+",
          trigger=r"(?:sshpass|login|redis-cli|mongo|cqlsh)[^\n]*\s-[pa]"),
    shape("command-line", "mysql mariadb",
          r"(\b(?:mysql|mariadb)\w*\b(?:-\w+)?\s[^\n|;]*?\s?-p)(?!ort\b|assword)[^\s«=-][^\s«]*",
          trigger=r"(?:mysql|mariadb)[^\n]*\s-p[^\s=]"),
    shape("command-line", "ldap sqlcmd zip keytool",
          r"(\b(?:ldap\w+\b[^\n|;]*?\s-w|sqlcmd\b[^\n|;]*?\s-P|(?:un)?zip\b[^\n|;]*?\s-P"
          r"|keytool\b[^\n|;]*?\s-(?:store|key)pass)\s+)[^\s«-][^\s«]*",
          trigger=r"(?:ldap|sqlcmd|zip|keytool)[^\n]*\s-(?:w|P|storepass|keypass)\s"),
    shape("command-line", "mc alias", r"(\bmc alias set \S+ \S+ \S+ )\S+", trigger="mc alias set"),
    shape("command-line", "vault login", r"(\bvault login )(?!-)[^\s«]{8,}", trigger="vault login"),
    shape("command-line", "login", r"(\becho\s+(?:-n\s+)?['\"]?)[^\s'\"«|]+(?=['\"]?\s*\|[^\n|]*\blogin\b)",
          trigger=r"echo [^|\n]*\|[^\n]*login"),
    shape("command-line", "change_password add_user", r"(\brabbitmqctl (?:change_password|add_user) \S+ )\S+",
          trigger="rabbitmqctl (?:change_password|add_user)"),
    shape("command-line", "pass: send",
          r"(-pass(?:in|out)? pass:)[^\s'\"«]+|(\bsend \\?\")[^\"\\«]+(?=(?:\\[rn])+[^\n]*passw)",
          trigger=r"-pass(?:in|out)? pass:|send \\?\"[^\n]*passw"),
    shape("oracle", "jdbc:oracle sqlplus",
          r"((?:jdbc:oracle:\w+:|\bsqlplus\s+(?:-\w+\s+)*)\w+/)[^\s/@«]+(?=@)",
          trigger=r"(?:jdbc:oracle:|sqlplus)[^\n]*/[^\n]*@"),
    shape("pgpass", ":",
          r"(?m)(^\s*[\w.*-]+:(?:543\d|6432|\*):[\w.*-]+:[\w.*-]+:)[^\s:«][^\s«]{3,}",
          trigger=r":(?:543\d|6432|\*):[\w.*-]+:[\w.*-]+:"),
    shape("redis-config", "requirepass masterauth bindpw",
          r"(?i)(\b(?:requirepass|masterauth|bindpw):?\s+)(?!is\b|not\b)[^\s«]{4,}",
          trigger=r"(?i:requirepass|masterauth|bindpw)"),
    shape("redis-command", "auth acl", r"(\"AUTH\"\s+(?:\"[^\"]*\"\s+)?\")[^\"«]+|(\bACL SETUSER [^\n>]*>)[^\s«]+",
          trigger=r"\"AUTH\" |ACL SETUSER [^\n]*>"),
    shape("mail-login", "auth login pass",
          r"(\bAUTH (?:PLAIN|LOGIN|XOAUTH2) )[A-Za-z0-9+/=_-]{4,}|(\b[Aa]?\d* ?LOGIN \S+ )(?=\S*\d)[^\s«]+"
          r"|((?:^|ftp> ?|C: ?)PASS )[^\s«]+",
          trigger=r"AUTH (?:PLAIN|LOGIN|XOAUTH2) [A-Za-z0-9]|LOGIN \S+ [^\s]*\d|PASS \S"),
    shape("elastic-setup", "password", r"(\bPASSWORD \w+ = )[^\s«]+", trigger=r"PASSWORD \w+ = "),
    shape("sql", "identified password auth",
          r"(?i)(\b(?:identified(?: with \w+)? by|(?:with |set |encrypted |login )+password(?: for [^\s=]+)?)\s*=?\s*"
          r"(?:N|password\s*\(\s*)?['\"])[^'\"«]+|(\bdb\.auth\(\s*[\"'][^\"']*[\"']\s*,\s*[\"'])[^\"'«]+",
          trigger=r"(?i:(?:identified(?: with \w+)? by|(?:with|set|encrypted|login) password(?: for [^\s=]+)?)"
          r"\s*=?\s*(?:N|password\s*\(\s*)?['\"])|db\.auth\("),
    shape("element", "<", r"(?i)(<(?:\w*password|\w*secret|\w*api-?key|\w*token|secretaccesskey)>)[^<«]{3,}(?=</)"
          r"|(<\w+ (?:key|name)=[\"'][\w.-]*password[\"']>)[^<«]{3,}(?=</)",
          trigger=r"(?i:(?:password|secret|key|token)[\"']?>)"),
    shape("driver-url", "@tcp( @unix(", r"(\b[\w.-]+:)[^\s:@/«»]+(?=@(?:tcp|unix)\()"),
    shape("unseal-key", "key", r"(?i)(\b(?:unseal|recovery) key(?:_?\d| \d{1,2})?:\s*)[A-Za-z0-9+/=]{20,}"
          r"|((?:unseal|recovery)_keys_(?:b64|hex)\\*\"?:\s*\[\s*\\*\")[^\]«]+",
          trigger=r"(?i:(?:unseal|recovery)[ _]key)"),
    shape("root-token", "token: token",
          r"(?i)(\b(?:initial )?(?:root|unseal|client) token:\s*)[^\s«]{8,}", trigger=r"(?i:root token:|client token:)"),
    shape("nested-docker-auth", "auths",
          r"(\\+\"(?:auth|identitytoken)\\+\"\s*:\s*\\+\")[^\"\\«]+", trigger=r"auths?\\+\""),
)  # fmt: skip
"""Every place, in the order they are tried."""
