"""Lines of clusters at work that hold no secret, many of them with words that secrets keep company
with. ``%pod%`` and its like are filled from a seed, each line many times."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from tests.core.redaction.generated import ALNUM, Source

SEED = 20261123
LOWER = "bcdfghjklmnpqrstvwxz2456789"

HOLES: dict[str, Callable[[Source], str]] = {
    "pod": Source.pod, "uid": Source.uid, "ip": Source.address, "time": Source.moment,
    "n": lambda s: str(s.number(10**6)), "s": lambda s: str(s.number(60)), "h8": lambda s: s.hex(8),
    "h16": lambda s: s.hex(16), "h32": lambda s: s.hex(32), "h40": lambda s: s.hex(40),
    "h64": lambda s: s.hex(64), "r5": lambda s: s.of(LOWER, 5), "r10": lambda s: s.of(LOWER, 10),
    "b64": lambda s: base64.b64encode(s.random.randbytes(60)).decode(),
    "a22": lambda s: s.of(ALNUM, 22), "a43": lambda s: s.of(ALNUM, 43),
    "cert": lambda s: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSU" + s.of(ALNUM, 200),
    "text64": lambda s: base64.b64encode(f"hello {s.pod()} on {s.address()} says hi".encode()).decode(),
}  # fmt: skip

LINES = (
    # kubelet, scheduler, controllers (klog)
    'I0211 10:00:%s%.%n%    1234 kubelet.go:2517] "SyncLoop (PLEG): event for pod" pod="shop/%pod%" event={"ID":"%uid%","Type":"ContainerStarted","Data":"%h64%"}',
    'E0211 10:00:%s%.%n%    1234 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"web\\" with CrashLoopBackOff: \\"back-off 5m0s restarting failed container=web pod=%pod%_shop(%uid%)\\"" pod="shop/%pod%" podUID="%uid%"',
    'I0211 10:00:%s%.%n%       1 secret.go:188] "Setting up volume for pod" pod="shop/%pod%" volumeName="tls" secret="shop/web-tls-%r5%"',
    'W0211 10:00:%s%.%n%    1234 kubelet_pods.go:880] "Unable to retrieve pull secret, the image pull may not succeed." pod="shop/%pod%" secret="" err="secret \\"regcred\\" not found"',
    'I0211 10:00:%s%.%n%       1 tokens_controller.go:282] "Deleting secret for service account" secret="shop/default-token-%r5%" serviceAccount="shop/default"',
    'E0211 10:00:%s%.%n%       1 authentication.go:73] "Unable to authenticate the request" err="[invalid bearer token, service account token has been invalidated]"',
    'E0211 10:00:%s%.%n%       1 authentication.go:73] "Unable to authenticate the request" err="[x509: certificate has expired, Token has been invalidated]"',
    'I0211 10:00:%s%.%n%       1 trace.go:236] Trace[%n%]: "List" accept:application/json, */*,audit-id:%uid%,client:%ip%,api-group:,resource:secrets,verb:LIST (11-Feb-2026 10:00:00.%n%) (total time: 5%s%ms):',
    'I0211 10:00:%s%.%n%       1 httplog.go:134] "HTTP" verb="GET" URI="/api/v1/namespaces/shop/secrets/db-credentials" latency="1.%n%ms" userAgent="helm/v3.14" audit-ID="%uid%" srcIP="%ip%:4%s%" resp=200',
    'I0211 10:00:%s%.%n%       1 reflector.go:351] Caches populated for *v1.Secret from k8s.io/client-go/informers/factory.go:150',
    'W0211 10:00:%s%.%n%       1 reflector.go:539] k8s.io/client-go: failed to list *v1.Secret: secrets is forbidden: User "system:serviceaccount:shop:web" cannot list resource "secrets" in API group "" at the cluster scope',
    'I0211 10:00:%s%.%n%       1 garbagecollector.go:549] "Processing item" item="[v1/Secret, namespace: shop, name: sh.helm.release.v1.web.v%s%, uid: %uid%]"',
    'I0211 10:00:%s%.%n%       1 leaderelection.go:260] successfully acquired lease kube-system/kube-scheduler-%r5%',
    'I0211 10:00:%s%.%n%       1 bootstrap.go:266] "Part of the existing bootstrap client certificate in /var/lib/kubelet/kubeconfig is expired" notAfter="%time%"',
    'I0211 10:00:%s%.%n%       1 token_manager.go:121] "Couldn\'t update token" err="serviceaccounts \\"web\\" not found" cacheKey="\\"web\\"/\\"shop\\"/[]string(nil)/3607/v1.BoundObjectReference{Kind:\\"Pod\\", Name:\\"%pod%\\", UID:\\"%uid%\\"}"',
    'E0211 10:00:%s%.%n%    1234 projected.go:198] Error preparing data for projected volume kube-api-access-%r5% for pod shop/%pod%: failed to fetch token: serviceaccounts "web" is forbidden',
    'I0211 10:00:%s%.%n%    1234 reconciler_common.go:251] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"kube-api-access-%r5%\\" (UniqueName: \\"kubernetes.io/projected/%uid%-kube-api-access-%r5%\\") pod \\"%pod%\\"',
    'I0211 10:00:%s%.%n%       1 event.go:376] "Event occurred" object="shop/web" fieldPath="" kind="Deployment" apiVersion="apps/v1" type="Normal" reason="ScalingReplicaSet" message="Scaled up replica set web-%r10% to %s%"',
    'E0211 10:00:%s%.%n%    1234 remote_image.go:171] "PullImage from image service failed" err="rpc error: code = Unknown desc = failed to pull and unpack image \\"registry.example/web:1.%s%\\": failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized" image="registry.example/web:1.%s%"',
    # events and kubectl
    '%s%m         Warning   FailedMount         pod/%pod%   MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    '%s%m         Warning   Failed              pod/%pod%   Error: secret "db-credentials" not found',
    '%s%m         Warning   Failed              pod/%pod%   Error: couldn\'t find key password in Secret shop/db-credentials',
    '%s%m         Normal    Pulled              pod/%pod%   Successfully pulled image "registry.example/web@sha256:%h64%" in 1.%s%s (1.%s%s including waiting). Image size: %n% bytes.',
    '%s%m         Warning   Unhealthy           pod/%pod%   Readiness probe failed: HTTP probe failed with statuscode: 401',
    '%s%m         Normal    Issuing             certificate/web-tls   Stored new private key in temporary Secret resource "web-tls-%r5%"',
    '%s%m         Normal    Requested           certificate/web-tls   Created new CertificateRequest resource "web-tls-%s%"',
    'db-credentials                  Opaque                                2      %s%d', 'default-token-%r5%              kubernetes.io/service-account-token   3      %s%d',
    'sh.helm.release.v1.web.v%s%       helm.sh/release.v1                    1      %s%d', 'web-tls                         kubernetes.io/tls                     2      %s%d',
    'web-%r10%-%r5%                1/1     Running            %s% (2d ago)    12d   %ip%    ip-10-0-1-%s%.eu-west-1.compute.internal   <none>           <none>',
    '      DB_PASSWORD:  <set to the key \'password\' in secret \'db-credentials\'>  Optional: false', '      Tokens:              <none>', 'Image pull secrets:  regcred',
    '      API_TOKEN:    <set to the key \'token\' of config map \'web\'>', 'password:  16 bytes', 'ca.crt:     1099 bytes', 'Mountable secrets:   <none>', 'Type:  kubernetes.io/dockerconfigjson',
    '    SecretName:  web-tls', '    TokenExpirationSeconds:  3607', '      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-%r5% (ro)', '    Secret Name:     db-%r5%',
    '    Container ID:   containerd://%h64%', '    Image ID:       docker.io/library/nginx@sha256:%h64%', 'Annotations:  checksum/secret: %h64%', 'UID:          %uid%', '  Key:       %h8%',
    # manifests
    '        - name: DB_PASSWORD', '            secretKeyRef:', '              key: password', '          - secretRef:', '      imagePullSecrets:', '    automountServiceAccountToken: false', '            name: db-password-%r5%',
    '        secretName: web-tls-%r5%', '          passwordSecretRef:', '    secretTemplate: {name: db}', '  existingSecret: "redis-credentials-%r5%"', '  passwordKey: redis-password', '  tokenReviewerJwtPath: /var/run/x',
    '      - --authentication-token-webhook-config-file=/etc/kubernetes/webhook.yaml', '      - --service-account-signing-key-file=/etc/kubernetes/pki/sa.key', '    - --token-auth-file=/etc/tokens.csv', '    - --tls-private-key-file=/etc/tls/tls.key',
    '      - --password-file=/etc/redis/password', '    - --secret-name=web-tls', '    - --enable-bootstrap-token-auth=true', '    - --requestheader-client-ca-file=/etc/kubernetes/pki/front-proxy-ca.crt', '    - --oidc-issuer-url=https://dex.example',
    '    "uid": "%uid%",', '    "resourceVersion": "%n%",', '            "image": "registry.example/web@sha256:%h64%",', '  resourceVersion: "%n%"', '    pod-template-hash: %r10%', '    caBundle: %cert%', '    certificate-authority-data: %cert%',
    '    controller-uid: %uid%', '  - apiGroups: [""]\n    resources: ["secrets"]\n    verbs: ["get"]', '  encryptedData:\n    password: AgB%b64%', 'secret.reloader.stakater.com/reload: "web-tls,db"', 'deployment.kubernetes.io/revision: "%s%"',
    'reloader.stakater.com/last-reloaded-from: {"type":"SECRET","name":"db","namespace":"shop","hash":"%h40%","containerRefs":["web"]}', '    vault.hashicorp.com/agent-inject-token: "true"', '    passwordPolicy: strict', '  refreshInterval: 1h',
    '      remoteRef: {key: shop/db, property: password}', '    secretStoreRef: {kind: ClusterSecretStore, name: vault}', '  tokenRequests: [{audience: sts.amazonaws.com}]', '    iam.gke.io/gcp-service-account: web@shop.iam.gserviceaccount.com', '    key: node-role.kubernetes.io/control-plane',
    '    eks.amazonaws.com/role-arn: arn:aws:iam::12345678%s%90:role/web', '        topologyKey: topology.kubernetes.io/zone', '          key: kubernetes.io/hostname', '  binaryData: {logo.png: %b64%}', '    tls.crt: %cert%', '    publicKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI%a43%',
    # proxies and application logs
    '%ip% - - [11/Feb/2026:10:00:%s% +0000] "GET /api/v1/items/%n%?page=2&sort=key HTTP/1.1" 200 %n% "https://shop.example/login" "Mozilla/5.0 (X11; Linux x86_64)" 0.0%s% [shop-web-80] [] %ip%:8080 %n% 0.0%s% 200 %h32%',
    '%ip% - bob [11/Feb/2026:10:00:%s% +0000] "POST /oauth2/token HTTP/2.0" 200 %n%', '[%time%] "POST /auth/token HTTP/2" 200 - via_upstream - "-" %n% %n% %s% %s% "%ip%" "okhttp/4.9" "%uid%" "auth.shop" "%ip%:8080" inbound|8080|| %ip%:4%s% %ip%:8080 %ip%:0 outbound_.80_._.auth.shop.svc.cluster.local default',
    '{"authority":"auth.shop","bytes_sent":%n%,"method":"POST","path":"/reset-password","request_id":"%uid%","response_code":200,"response_flags":"-","upstream_cluster":"outbound|80||auth"}',
    '2026/02/11 10:00:%s% [error] 31#31: *%n% connect() failed (111: Connection refused) while connecting to upstream, client: %ip%, server: _, request: "GET /token HTTP/1.1", upstream: "http://%ip%:8080/token", host: "shop.example"',
    '2026/02/11 10:00:%s% [warn] 31#31: *%n% a client request body is buffered to a temporary file /tmp/%n%', '{"level":"info","ts":"%time%","logger":"cert-manager","msg":"certificate secret is up to date","secret":"web-tls","namespace":"shop"}',
    '{"level":"warn","time":"%time%","msg":"password authentication failed","user":"app","attempts":%s%}', '{"level":"info","ts":177080%s%.%n%,"caller":"token/cache.go:%s%","msg":"token cache hit","ratio":0.%s%}', '{"severity":"INFO","message":"key rotated","keyId":"%uid%","kid":"%h32%"}',
    '{"level":"debug","traceId":"%h32%","spanId":"%h16%","message":"loaded session","session":"found","key":"cart:%n%"}', '{"@timestamp":"%time%","log.level":"INFO","message":"Token refreshed for user %n%","ecs.version":"1.2.0"}', '{"time":"%time%","level":"ERROR","msg":"secret sync failed","secret":"shop/web-tls","error":"not found"}',
    '{"msg":"authentication succeeded","auth":"oidc","user":"bob@example.com","token_type":"id_token","expires_in":3600}', '{"level":"info","msg":"usage","prompt_tokens":%n%,"completion_tokens":%s%,"total_tokens":%n%,"max_tokens":4096}', '{"key":"user:%n%:profile","ttl":%s%,"hit":true}',
    '{"auth_method":"password","result":"ok","client":"%ip%"}', '{"passwordLastChanged":"%time%","passwordPolicy":"default"}', '{"commit":"%h40%","branch":"main","tag":"v1.%s%.0"}', '{"digest":"sha256:%h64%","mediaType":"application/vnd.oci.image.manifest.v1+json","size":%n%}',
    'level=info ts=%time% caller=main.go:%s% msg="Loading configuration file" filename=/etc/prometheus/prometheus.yml', 'ts=%time% caller=notifier.go:%s% level=error component=notifier alertmanager=http://alertmanager:9093/api/v2/alerts count=1 msg="Error sending alert" err="context deadline exceeded"',
    'level=warn ts=%time% msg="scrape failed" target=http://%ip%:9100/metrics err="server returned HTTP status 401 Unauthorized"', 'time="%time%" level=info msg="Requested token" scope=openid audience=web subject=%uid%', 'time="%time%" level=error msg="failed to verify token: oidc: token is expired (Token Expiry: 2026-02-11 10:00:%s% +0000 UTC)"',
    'time="%time%" level=info msg="manifest secret generation %s% reconciled" application=argocd/web dest-namespace=shop', 'time="%time%" level=info msg="Ignore status for CustomResourceDefinitions" key=argocd/web-%r5%', 'time="%time%" level=debug msg="cache key" key="%h64%"',
    '%time% INFO 1 --- [nio-8080-exec-%s%] c.e.shop.security.TokenFilter : token validated for subject=%uid% in %s%ms', '%time% ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed: Could not resolve placeholder \'spring.datasource.password\' in value "${spring.datasource.password}"',
    '%time% WARN 1 --- [main] .s.s.UserDetailsServiceAutoConfiguration : This generated password is for development use only.', '%time%  WARN SecretKeySpec: algorithm=HmacSHA256 length=256', '\tat org.apache.kafka.common.security.authenticator.SaslClientAuthenticator.createSaslToken(SaslClientAuthenticator.java:%s%)',
    'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "shop"', 'Caused by: javax.security.auth.login.LoginException: Unable to obtain password from user', 'com.mysql.cj.exceptions.CJException: Access denied for user \'shop\'@\'%ip%\' (using password: YES)', 'redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.', 'ERR AUTH <password> called without any password configured for the default user.', 'KeyError: \'DB_PASSWORD\'', 'pydantic_core.ValidationError: 1 validation error for Settings\nsecret_key\n  Field required [type=missing, input_value={}, input_type=dict]', 'botocore.exceptions.NoCredentialsError: Unable to locate credentials',
    'Error: InvalidClientTokenId: The security token included in the request is invalid', 'AccessDenied: User: arn:aws:sts::1234567890%s%:assumed-role/web/i-%h16% is not authorized to perform: secretsmanager:GetSecretValue', 'ExpiredToken: The provided token has expired. Request ID: %h16%', 'google.api_core.exceptions.Forbidden: 403 API key not valid. Please pass a valid API key.',
    'panic: secret key must be 32 bytes, got %s%', 'fatal: password file /run/secrets/db is empty', 'token bucket: key=%ip% tokens=%s% refill=10/s', 'rate limit exceeded: key=tenant-%r5% limit=%s%', 'lexer: unexpected token "}" at line %s% column %s%', 'SyntaxError: Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
    'parse error: unexpected token: identifier', 'consumer group token-events rebalanced: generation=%s% member=token-%uid%', 'partition key=%h32% offset=%n%', 'INSERT INTO tokens (id, user_id) VALUES ($1, $2)', 'SELECT password_hash FROM users WHERE id = $1', 'duration: %s%.%s% ms  statement: UPDATE sessions SET token = $1 WHERE id = $2',
    '%time% UTC [%s%] LOG:  connection authenticated: identity="shop" method=scram-sha-256 (/etc/postgresql/pg_hba.conf:%s%)', '%time% UTC [%s%] ERROR:  duplicate key value violates unique constraint "users_pkey"', '%time% UTC [%s%] DETAIL:  Key (id)=(%n%) already exists.', '%time% %s% [Warning] [MY-010055] [Server] IP address \'%ip%\' could not be resolved',
    '1:M 11 Feb 2026 10:00:%s%.%s% # Warning: no config file specified', '[%time%][%s%] [INFO ][o.e.x.s.a.TokenService] [es-0] refresh keys', '{"type":"server","timestamp":"%time%","level":"INFO","component":"o.e.x.s.s.SecurityIndexManager","message":"security index is up to date","node.id":"%a22%"}',
    '[INFO] %ip%:4%s% - %n% "A IN auth.shop.svc.cluster.local. udp 51 false 512" NOERROR qr,aa,rd 100 0.000%s%s', '{"level":"info","ts":"%time%","caller":"etcdserver/server.go:%s%","msg":"saved snapshot","snapshot-index":%n%}', '{"level":"warn","ts":"%time%","caller":"auth/simple_token.go:%s%","msg":"simple token is not cryptographically signed"}',
    'msg="request complete" method=POST path=/v1/tokens status=201 bytes=%n% trace_id=%h32% span_id=%h16%', 'traceparent: 00-%h32%-%h16%-01', 'x-b3-traceid: %h32%', 'X-Request-Id: %uid%', 'etag: "%h32%"', 'uber-trace-id: %h16%:%h16%:0:1', 'x-envoy-attempt-count: %s%', 'authorization header not present', 'www-authenticate: Bearer realm="https://auth.example/token",service="registry"',
    'WWW-Authenticate: Basic realm="Authentication Required"', 'Access-Control-Allow-Headers: Authorization, X-Api-Key, Content-Type', 'Vary: Cookie, Accept-Encoding', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==', 'X-Amz-Cf-Id: %a43%==', 'cf-ray: %h16%-FRA',
    # build, git, images, certificates, metrics
    'commit %h40% (HEAD -> main, origin/main)', 'Merge pull request #%s% from shop/rotate-secrets', 'index %h8%..%h8% 100644', 'sha256:%h64%: Pulling from library/nginx', 'Digest: sha256:%h64%', 'Successfully built %h16%', '%h64%  web-1.%s%.tgz', 'integrity sha512-%b64%%b64%==', 'go.sum: github.com/x/y v1.%s%.0 h1:%a43%=',
    'CACHED [build 3/7] RUN --mount=type=secret,id=npmrc npm ci', 'SHA256 Fingerprint=AB:CD:EF:12:34:56:78:90', 'subject=CN = web.shop.svc, serial=%h32%', 'X509v3 Subject Key Identifier: %h40%', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ%a43%%a43% ops@bastion', 'key fingerprint is SHA256:%a43%', 'Server public key: %h64%',
    'http_requests_total{handler="/login",code="401"} %n%', 'kube_secret_type{namespace="shop",secret="db-credentials",type="Opaque"} 1', 'kube_secret_metadata_resource_version{secret="web-tls"} %n%', 'token_requests_total{grant_type="password"} %n%', 'vault_token_count{cluster="vault"} %n%', 'process_start_time_seconds 1.7%n%e+09', 'rest_client_exec_plugin_ttl_seconds +Inf', 'redis_key_size{key="session:%h32%"} %n%',
    'NAME: web\nLAST DEPLOYED: Wed Feb 11 10:00:%s% 2026\nNAMESPACE: shop\nSTATUS: deployed\nREVISION: %s%', '1. Get your admin password by running:\n   kubectl get secret --namespace shop web-grafana -o jsonpath="{.data.admin-password}" | base64 --decode ; echo', 'export PASSWORD=$(kubectl get secret db -o jsonpath="{.data.password}" | base64 -d)',
    'kubectl create secret generic db --from-file=password.txt', 'kubectl -n shop create token web --duration=10m', 'vault kv get -field=password secret/shop/db', 'secret/web-tls created', 'serviceaccount/web annotated', 'Secret "db-credentials" deleted', 'token expired: please log in again', 'Password must be at least %s% characters', 'password changed successfully for user %n%',
    'login attempt with wrong password from %ip%', 'Enter passphrase for ~/.ssh/id_ed25519:', 'no such secret: web-%r5%', 'skipping token refresh, still valid for %s%m', 'the token audience is invalid', 'password is required', 'password is incorrect', 'secret key not found', 'api key is missing', 'invalid token signature', 'token is expired by %s%h%s%m', 'Access token validated',
    'using token auth', 'using secret web-tls-%r5% for ingress', 'got token request from %ip%', 'with password authentication disabled', 'token: required', 'api key rotation: enabled', 'session key negotiated: TLS_AES_128_GCM_SHA256', 'key exchange: ecdh-sha2-nistp256', 'primary key: id', 'foreign key constraint orders_user_id_fkey', 'cache key: v2:web:%n%', 'missing key %pod%', 'sort key: created_at', 'hash key=%h32% shard=%s%', 'idempotency-key: %uid%',
    'redis://redis.shop.svc:6379/0', 'postgresql://shop@db:5432/shop', 'amqp://rabbit.mq.svc:5672/', 'https://user@git.example/shop.git', 'http://%ip%:8080/healthz?verbose=1', 'mailto:ops@example.com', 's3://shop-backups/2026/02/11/db-%n%.sql.gz', 'oci://registry.example/charts/web:1.%s%.0', 'docker-pullable://registry.example/web@sha256:%h64%', 'tcp://%ip%:6443', 'unix:///run/containerd/containerd.sock',
    'git@github.com:shop/web.git', 'ssh://git@git.example:22/shop.git', 'email=bob+token@example.com', 'user:admin@realm role=viewer', 'chart: kube-prometheus-stack@57.%s%.0', 'package: lodash@4.17.%s%', 'image: quay.io/prometheus/node-exporter:v1.%s%.0@sha256:%h64%', 'volumeHandle: vol-0%h16%', 'providerID: aws:///eu-west-1a/i-0%h16%', 'pvc-%uid%', 'subnet-0%h16% vpc-0%h16% sg-0%h16%', 'eni-0%h16% attached to i-0%h16%',
    'payload=%text64%', 'body: %b64%', 'data: %text64%', 'cursor=%text64%', 'next page token: none', 'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6%n%LCJzdGFydCI6IngifQ', 'nonce=%a22%', 'state=%h32% flow=login', 'checksum=%h64%', 'version=%h40%', 'request_id=%h32%', 'build_id=%uid%', 'deploymentId: %a22%', 'node.id=%a22%', 'cluster_uuid: %a22%', 'tenantId=%uid% clientId=%uid%', 'client_id=%uid% scope=openid', 'accessor=%uid%', 'kid=%a43%',
    'project_id: shop-%n%', 'private_key_id: %h40%', 'access_key_last_used: %time%', 'AWS_ROLE_SESSION_NAME=web-%r5%', 'AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token', 'GOOGLE_APPLICATION_CREDENTIALS=/var/secrets/google/key.json', 'SSL_CERT_FILE=/etc/ssl/certs/ca.pem', 'KUBERNETES_SERVICE_HOST=10.96.0.1', 'HOSTNAME=%pod%', 'JAVA_OPTS=-Xmx512m -Djava.security.egd=file:/dev/./urandom', 'PASSWORD_MIN_LENGTH=%s%', 'TOKEN_EXPIRY=3600', 'AUTH_ENABLED=true',
    'SECRET_NAME=web-tls', 'PASS_THROUGH=1', 'KEY_PREFIX=shop:', 'SSH_AUTH_SOCK=/tmp/ssh-%r10%/agent.%s%', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/bin', 'PWD=/app', 'OLDPWD=/srv/web', '  "token_endpoint": "https://dex.example/token",', '  "jwks_uri": "https://dex.example/keys",', '    "token_endpoint_auth_method": "client_secret_basic",', '{"alg":"RS256","typ":"JWT"}', '{"kty":"RSA","n":"%a43%%a43%","e":"AQAB","kid":"%h40%"}',
)  # fmt: skip

_HOLE = re.compile("%(" + "|".join(HOLES) + ")%")


def quiet(each: int = 9) -> list[str]:
    """Every line ``each`` times with other values."""
    s = Source(SEED)
    return [filled(line, s) for _ in range(each) for line in LINES]


def filled(line: str, s: Source) -> str:
    return _HOLE.sub(lambda hole: HOLES[hole[1]](s), line)
