"""Who may not, in the wordings of the API server, databases, brokers, clouds and TLS libraries."""

from __future__ import annotations

from workbench.analyzers.logs.sayings.saying import Saying

EXACT: tuple[Saying, ...] = (
    # RabbitMQ, AMQP 0-9-1 reply code 403; SMTP enhanced status 5.7.8 (RFC 4954)
    ("auth", "the message broker rejects the credentials", r"ACCESS_REFUSED - Login was refused|username or password not allowed|PLAIN login refused|AMQPLAIN login refused"),
    ("auth", "the mail server rejects the credentials", r"SMTPAuthenticationError|\b535[ -]\(?5\.7\.\d"),
    # a remote alert tells what the other side thinks of our certificate (Go crypto/tls)
    ("tls-remote", "a client does not trust its TLS certificate", r"remote error: tls: (?:bad|unknown|expired)|tlsv1 alert (?:unknown ca|bad certificate|certificate expired)|SSL alert number 4[0-9]|alert certificate unknown"),
    # AWS STS and S3, OAuth 2 (RFC 6749), JSON Web Tokens
    ("auth", "its token or access key has expired or is not valid", r"ExpiredToken|security token included in the request is (?:expired|invalid)|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|invalid_grant|invalid_client|TokenExpiredError|jwt (?:is )?expired|token (?:is|has) expired"),
    # ResourceQuota admission
    ("quota", "quota {path} allows no more {variable}", r"exceeded quota: (?P<path>[\w.-]+), requested: (?P<variable>[\w./-]+)="),
    # client-go reflector: a kind or version that is gone, or whose CustomResourceDefinition is not there
    ("api", "the API server does not serve {path} (removed in its version, or not installed)", r"failed to list (?:\*(?P<path>[\w.]+)|(?P<path2>[\w.]+/\w+, Kind=\w+)): the server could not find the requested resource"),
    # client-go leaderelection
    ("leader", "it lost the leader election: the API server did not answer in time", r"error retrieving resource lock(?!.{0,200}forbidden)|failed to renew lease|leader ?election lost"),
    # MongoDB error 13
    ("denied", "its user is not authorized on database {database}", r"not authorized on (?P<database>[\w.-]+) to execute command"),
    ("sealed", "Vault is sealed and answers nobody", r"Vault is sealed"),
    # HashiCorp Vault; the path of the request follows or stands before
    ("auth", "its credentials are not accepted", r"invalid authentication credentials|UNAUTHENTICATED|Bad credentials|invalid (?:client|user) credentials|Authentication required"),
    ("denied", "Vault's role does not allow its ServiceAccount", r"service account name not authorized|namespace not authorized"),
    ("denied", "Vault denies what it asks for", r"auth/\w+/login.{0,80}(?:403|permission denied)|vault\b.{0,120}(?:Code: 403|permission denied)|auth\.handler: error authenticating"),
    ("region", "it asks the wrong cloud region", r"IllegalLocationConstraint|AuthorizationHeaderMalformed|PermanentRedirect|the region '[^']*' is wrong|bucket is in (?:this|another) region|must be addressed using the specified endpoint"),
)  # fmt: skip
"""Wordings that say more than that credentials are rejected."""

ACCESS: tuple[Saying, ...] = (
    ("rbac", "the service account may not {verb} {resource}", r"forbidden: User \\?\"(?P<user>system:serviceaccount:[^\"\\]+)\\?\" cannot (?P<verb>\w+) resource \\?\"(?P<resource>[^\"\\]+)\\?\""),
    ("auth", "the database or service rejects the credentials of user {user}", r"(?:password authentication failed for user|Access denied for user) ['\"](?P<user>[^'\"]+)"),
    ("auth", "the credentials are rejected", r"WRONGPASS|NOAUTH|AuthenticationFailed|not authorized on \w+|Could not find user|requires authentication|role \"[^\"]+\" does not exist|SASL authentication failed|authentication failed|invalid (?:username or password|credentials|api key|token)|401 Unauthorized|AuthenticationException|Login failed for user"),
    ("rate-limited", "it is rate limited by a peer", r"rate limit(?:ed)? (?:exceeded|reached)|too many requests|\b429\b.{0,20}(?:too many|response|status)|status(?:[ _]?code)?['\"]?[ :=]+429|ThrottlingException"),
    ("license", "its license is missing, invalid or expired", r"licen[sc]e .{0,40}(?:expired|invalid|missing|not found|not valid|exceeded)|(?:invalid|expired|missing|no valid) licen[sc]e"),
    ("quota", "a quota is used up", r"quota (?:has been )?exceeded|exceeded (?:your|the|its) (?:current )?quota|QuotaExceeded|insufficient[_ ]quota|resource_exhausted"),
    ("clock", "the clocks do not agree", r"clock skew|certificate is not yet valid|RequestTimeTooSkewed|token used before issued|system clock"),
    # JSON Web Tokens: jsonwebtoken, PyJWT, golang-jwt, java-jwt, Microsoft.IdentityModel
    ("clock", "a token is not valid yet: the clocks of its issuer and of this program do not agree", r"jwt not active|NotBeforeError|ImmatureSignature|token (?:is )?not (?:yet valid|valid yet)|token is not active|\(nbf\)|\bnbf\b.{0,30}\b(?:future|later|claim)|IDX10222|issued in the future|\biat\b.{0,20}\bfuture"),
    # Go crypto/x509, OpenSSL, JSSE, Node
    ("tls-name", "a TLS certificate is for {name} and not for {wanted}", r"certificate is valid for (?P<name>[\w.*, -]+?), not (?P<wanted>[\w.-]+)"),
    ("tls-name", "a TLS certificate is for another name", r"hostname mismatch|doesn't match (?:either of|any of the subject)|No subject alternative (?:DNS )?names? matching|ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames|certificate (?:subject|common) name .{0,80}does not match"),
    ("tls-expired", "a TLS certificate has expired", r"certificate (?:has |is |was )?expired|CERT_HAS_EXPIRED|CertificateExpired|expired certificate|NotAfter"),
    ("tls", "a TLS certificate is not trusted", r"x509: |certificate verify failed|unable to get local issuer|self[- ]signed certificate|SSLHandshakeException|PKIX path|tls: (?:bad certificate|failed to verify|handshake)"),
    # Google Cloud IAM, AWS IAM, Azure RBAC, S3
    ("denied", "the cloud API denies it the permission {action}", r"does not have (?P<action>[\w.]*\w) (?:permission|access)|is not authorized to perform:? (?P<action2>[\w:]+)|does not have authorization to perform action '(?P<action3>[^']+)|PERMISSION_DENIED: Permission '?(?P<action4>[\w.]+)"),
    ("denied", "access is denied", r"AccessDenied(?:Exception)?\b|AuthorizationFailed|Access Denied\b|PERMISSION_DENIED|PermissionDenied\b|(?:40[13])[ :]+(?:Forbidden|Unauthorized)|not authorized to|insufficient (?:privileges?|permissions?|scope)|permission denied for (?:table|relation|schema|database|sequence|function)"),
)  # fmt: skip
"""Permissions, credentials, limits and certificates."""
