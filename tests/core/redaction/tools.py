"""Lines of real tools that carry a password or key of no format of its own, by the place's shape.

Written without a look at the detectors, as a check on them. ``@@`` is the secret.
"""

from __future__ import annotations

PASSWORDS: dict[str, tuple[str, ...]] = {
    "dsn-postgres": (
        "pq: could not connect: postgresql://shop:@@@db.shop.svc.cluster.local:5432/shop?sslmode=require",
        "dsn: host=db user=shop password=@@ dbname=shop port=5432 sslmode=disable TimeZone=UTC",
        "spring.datasource.url=jdbc:postgresql://db:5432/shop?user=shop&password=@@&ssl=true",
        "db.shop.svc:5432:shop:shop:@@",
    ),
    "dsn-mysql": (
        "[mysql] dial: shop:@@@tcp(mysql.shop.svc:3306)/shop?parseTime=true&loc=UTC",
        "mysql+pymysql://shop:@@@mysql/shop?charset=utf8mb4",
        "[client]\nuser=root\npassword=@@\nhost=mysql",
        "mysqldump -h mysql -u root -p@@ --all-databases",
        "mysql -uroot -p@@ -e 'show slave status'",
    ),
    "dsn-mongodb": (
        "MongoServerError: bad auth for mongodb://admin:@@@mongo-0.mongo:27017,mongo-1.mongo:27017/admin?replicaSet=rs0",
        "mongosh --host mongo -u admin -p @@ --authenticationDatabase admin",
        "db.createUser({user: \"app\", pwd: \"@@\", roles: []})",
        "db.auth(\"app\", \"@@\")",
    ),
    "dsn-redis": (
        "rediss://default:@@@redis.shop.svc:6380/0?ssl_cert_reqs=none",
        "shop.redis.cache.windows.net:6380,password=@@,ssl=True,abortConnect=False",
        "1770800000.123456 [0 10.0.0.4:51234] \"AUTH\" \"@@\"",
        "CONFIG SET requirepass @@", "ACL SETUSER app on >@@ ~* +@all", "REDISCLI_AUTH=@@ redis-cli ping",
    ),
    "dsn-mssql": (
        "sqlserver://sa:@@@mssql:1433?database=shop", "sqlcmd -S mssql -U sa -P @@ -Q 'select 1'",
        "Data Source=mssql,1433;Initial Catalog=shop;User ID=sa;Pwd=@@;TrustServerCertificate=True",
        "DRIVER={ODBC Driver 18 for SQL Server};SERVER=mssql;UID=sa;PWD=@@",
        "MSSQL_SA_PASSWORD=@@",
    ),
    "dsn-oracle": (
        "jdbc:oracle:thin:scott/@@@//ora:1521/ORCLPDB1", "sqlplus system/@@@ora:1521/XE",
        "jdbc:oracle:thin:scott/@@@ora:1521:XE: ORA-01017: invalid username/password; logon denied",
    ),
    "dsn-clickhouse": (
        "clickhouse://default:@@@clickhouse:9000/shop", "tcp://clickhouse:9000?username=default&password=@@&database=shop",
        "clickhouse-client -h ch --user default --password @@ -q 'select 1'",
        "http://clickhouse:8123/?user=default&password=@@&query=SELECT+1",
    ),
    "dsn-elasticsearch": (
        "[es] connection error https://elastic:@@@es-http.logging:9200/_bulk", "PASSWORD elastic = @@",
        "elasticsearch.password: \"@@\"", "curl -k -u \"elastic:@@\" https://es:9200/_cat/health",
    ),
    "dsn-cassandra": (
        "cqlsh cassandra.shop 9042 -u cassandra -p @@", "PlainTextAuthProvider(username='cassandra', password='@@')",
    ),
    "dsn-amqp-kafka": (
        "amqps://shop:@@@rabbit.mq.svc:5671/vhost: Exception (403) Reason: \"username or password not allowed\"",
        "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"app\" password=\"@@\";",
        "ssl.keystore.password=@@", "default_pass = @@", "rabbitmqctl change_password guest @@", "nats://app:@@@nats:4222",
    ),
    "dsn-other": (
        "bolt+s://neo4j:@@@neo4j:7687", "snowflake://app:@@@acct/db", "ldap://cn=admin:@@@ldap:389",
        "smtp://apikey:@@@smtp.example.com:587", "ftp://deploy:@@@ftp.example.com/in", "sftp://deploy:@@@files:22",
        "DATABASE=shop;HOSTNAME=db2;PORT=50000;UID=db2inst1;PWD=@@;", "cockroachdb://root:@@@crdb:26257/defaultdb",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BODBC%7D%3BUID%3Dsa%3BPWD%3D@@%3B", "couchbase://app:@@@cb",
    ),
    "basic-auth-url": (
        "fetch http://admin:@@@prometheus.monitoring:9090/api/v1/query failed: 503",
        "HTTPS_PROXY=http://proxyuser:@@@proxy.corp:3128", "helm repo add shop https://ci:@@@charts.example/stable",
        "pip install -i https://ci:@@@nexus.example/simple web", "git clone https://ci:@@@git.example/shop.git",
        "Cloning into 'shop'...\nfatal: unable to access 'https://ci:@@@git.example/shop.git/': 403",
        "https://ci:@@@git.example", "registry: 'https://bot:@@@registry.example'",
    ),
    "command-flags": (
        "exec: /bin/exporter --db.password=@@ --web.listen=:9187", "args: [\"--redis.password\", \"@@\"]",
        "    - --admin-password=@@\n    - --port=80", "/usr/bin/minio server --secret-key @@ /data",
        "keytool -genkey -storepass @@ -alias web", "openssl pkcs12 -export -passout pass:@@ -in tls.crt",
        "openssl rsa -in tls.key -passin pass:@@", "gpg --batch --passphrase @@ -d secrets.gpg",
        "ldapsearch -x -D cn=admin,dc=x -w @@ -b dc=x", "zip -P @@ backup.zip db.sql",
        "wget --http-user=ci --http-password=@@ https://nexus.example/x", "http -a admin:@@ :8080/health",
        "mc alias set minio http://minio:9000 minioadmin @@", "etcdctl --user root:@@ endpoint health",
        "argocd login argocd.example --username admin --password @@", "az login --service-principal -u app -p @@ --tenant t",
        "helm registry login -u bot -p @@ registry.example", "oc login -u admin -p @@ https://api:6443",
        "echo @@ | docker login --username bot --password-stdin", "podman login -u bot --password @@ quay.io",
        "kubectl create secret generic db --from-literal=password=@@", "kubectl create secret docker-registry r --docker-username=bot --docker-password=@@",
        "terraform apply -var=\"db_password=@@\"", "docker run -e POSTGRES_PASSWORD=@@ postgres:16",
        "helm upgrade shop ./c --set-string global.auth.password=@@,replicas=2", "expect -c 'send \"@@\\r\"' # password",
        "cmd='pg_dump' env=[PGPASSWORD=@@ PGUSER=app]", "+ RESTIC_PASSWORD=@@", "+ export VAULT_TOKEN=@@",
    ),
    "equals": (
        "password=@@", "PASSWORD = @@", "db_password='@@'", "export ADMIN_PASS=@@", "set DB_PWD=@@",
        "spring.rabbitmq.password=@@", "javax.net.ssl.trustStorePassword=@@", "-Djavax.net.ssl.keyStorePassword=@@",
        "level=debug msg=\"dialing\" user=app passwd=@@ attempt=3", "user=app;password=@@;", "password = \"@@\"",
        "env: POSTGRES_PASSWORD=@@, POSTGRES_USER=app", "Environment=\"ADMIN_PASSWORD=@@\"", "  - DB_PASSWORD=@@",
        "GF_SECURITY_ADMIN_PASSWORD=@@\nGF_SERVER_ROOT_URL=http://x", "bindpw @@", "bind_password=@@",
    ),
    "colon": (
        "password: @@", "  rootPassword: \"@@\"", "auth:\n  password: @@\n  username: app", "adminPassword: '@@'",
        "- password: @@", "db.password: @@", "  passphrase: @@", "smtp_auth_password: '@@'", "basic_auth:\n  username: a\n  password: @@",
        "      POSTGRES_PASSWORD:  @@", "      KEYCLOAK_ADMIN_PASSWORD:     @@", "Password: @@", "MYSQL_PASSWORD: @@  # change me",
        "{username: app, password: @@}", "parameters:\n- name: db.password\n  value: @@", "masterauth: @@",
    ),
    "json": (
        '{"username":"app","password":"@@"}', '{"db": {"password": "@@", "port": 5432}}', '{"level":"debug","body":{"passwd":"@@"}}',
        '{"Env":["PATH=/usr/bin","DB_PASSWORD=@@"]}', '"envs":[{"key":"DB_PASSWORD","value":"@@"},{"key":"HOME","value":"/"}]',
        '{"name":"REDIS_PASSWORD","value":"@@"}', '{"value":"@@","name":"REDIS_PASSWORD"}', '"DB_PASSWORD": "@@",',
        '{"key":"smtp.password","value":"@@"}', "request body: {\"login\":\"bob\",\"password\":\"@@\"} status=401",
        '{"connectionString":"Server=db;User Id=sa;Password=@@;"}',
    ),
    "json-in-json": (
        '{"log":"{\\"user\\":\\"app\\",\\"password\\":\\"@@\\"}\\n","stream":"stdout","time":"@time@"}',
        '{"message":"config={\\"dbPassword\\":\\"@@\\",\\"n\\":1}"}', '"body":"{\\\\\\"password\\\\\\":\\\\\\"@@\\\\\\"}"',
        '{"log":"DB_PASSWORD=@@\\n","stream":"stdout"}', '{"msg":"exec \\"mysql --password=@@ -h db\\""}',
        '{"payload":"user=app\\npassword=@@\\nhost=db"}', '{"data":"password: @@\\nuser: app"}',
    ),
    "code-dumps": (
        "{'user': 'app', 'password': '@@', 'host': 'db'}", "{:user=>\"app\", :password=>\"@@\"}", "&{Host:db User:app Password:@@ Port:5432}",
        "main.Config{User:\"app\", Password:\"@@\"}", "Config { user: \"app\", password: \"@@\" }", "DataSource[user=app, password=@@, url=x]",
        "DbConfig(user=app, password=@@)", "'password' => '@@',", "Settings(db_password='@@', db_host='db')", "password -> @@",
        "map[password:@@ user:app]", "auth=HTTPBasicAuth(username=app, password=@@)", "Credentials{username='app', password='@@'}",
        "user: \"app\" password: \"@@\" host: \"db\"", "<property name=\"password\" value=\"@@\"/>", "<Resource username=\"app\" password=\"@@\" url=\"x\"/>",
        "<password>@@</password>", "<entry key=\"db.password\">@@</entry>", "password: Some(\"@@\")", "Password:@@,",
    ),
    "http-form": (
        "grant_type=password&username=bob&password=@@&scope=openid", "POST /login username=bob&password=@@", "GET /auth?user=bob&passwd=@@ HTTP/1.1\" 200",
        "--data 'username=admin&password=@@'", "curl -d '{\"password\":\"@@\"}' http://web/login", "grant_type=client_credentials&client_id=web&client_secret=@@",
    ),
    "sql": (
        "ALTER USER postgres WITH PASSWORD '@@';", "CREATE ROLE app LOGIN PASSWORD '@@';", "CREATE USER 'app'@'%' IDENTIFIED BY '@@'",
        "STATEMENT:  ALTER ROLE app WITH ENCRYPTED PASSWORD '@@'", "GRANT ALL ON *.* TO 'app'@'%' IDENTIFIED BY '@@'",
        "SET PASSWORD FOR 'root'@'%' = PASSWORD('@@')", "CREATE LOGIN app WITH PASSWORD = N'@@'", "ALTER USER 'root'@'localhost' IDENTIFIED WITH mysql_native_password BY '@@'",
        "CREATE USER app IDENTIFIED WITH sha256_password BY '@@'",
    ),
    "sentences": (
        "Generated admin password: @@", "Your temporary password is @@", "Admin password set to '@@'", "The initial root password is \"@@\".",
        "[Entrypoint] GENERATED ROOT PASSWORD: @@", "*** Please use the following password to proceed to installation: @@", "RootPass: @@",
        "Changed password for user elastic to @@", "logging in as admin with password @@", "login failed for user bob with password '@@'",
        "using password \"@@\" for bind", "Default password: @@", "admin user created, password=@@ (change it)", "user=admin pass=@@",
        "password for postgres is: @@", "New password: @@",
    ),
    "mail-and-directory": (
        "C: AUTH PLAIN @@", "C: a1 LOGIN bob @@", "ftp> PASS @@", "olcRootPW: @@", "bindpw: @@", "userPassword: @@", "machine api.example login bot password @@",
    ),
    "kubectl-describe": (
        "Data\n====\npassword:\n----\n@@\n\nBinaryData\n====\n", "    Environment:\n      DB_HOST:      db\n      DB_PASSWORD:  @@\n    Mounts:\n",
        "    Args:\n      --requirepass\n      @@\n", "    Command:\n      redis-server\n      --requirepass\n      @@\n",
        "    Args:\n      --password=@@\n      --port=1\n",
    ),
}  # fmt: skip

KEYS: dict[str, tuple[str, ...]] = {
    "aws-secret": (
        "aws_secret_access_key = @@", "AWS_SECRET_ACCESS_KEY=@@", '"SecretAccessKey" : "@@",', "SecretAccessKey: @@", "secretKey: @@",
        "s3.secret-key=@@", "[default]\naws_access_key_id = x\naws_secret_access_key = @@", "-e AWS_SECRET_ACCESS_KEY=@@", "fs.s3a.secret.key=@@",
        "<SecretAccessKey>@@</SecretAccessKey>", "rclone: secret_access_key = @@", "AWS_SESSION_TOKEN=@@", '{"Token" : "@@", "Expiration" : "2026"}',
    ),
    "aws-signature": (
        "&X-Amz-Security-Token=@@&X-Amz-Signature=x", "SignedHeaders=host;x-amz-date, Signature=@@", "X-Amz-Security-Token: @@",
    ),
    "azure-account": (
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=@@==;EndpointSuffix=core.windows.net",
        "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=@@=", "AccountEndpoint=https://shop.documents.azure.com:443/;AccountKey=@@==;",
        "HostName=iot.azure-devices.net;SharedAccessKeyName=o;SharedAccessKey=@@=", "AZURE_CLIENT_SECRET=@@", "azurestorageaccountkey: @@",
        "POST https://fn.azurewebsites.net/api/x?code=@@== 200", "Ocp-Apim-Subscription-Key: @@",
    ),
    "headers": (
        "Authorization: Bearer @@", "authorization=Bearer @@", "-H \"Authorization: Bearer @@\"", "\"Authorization\":[\"Bearer @@\"]", "map[Authorization:[Bearer @@]]",
        "{'Authorization': 'Token @@'}", "> X-Api-Key: @@", "X-Auth-Token: @@", "Private-Token: @@", "JOB-TOKEN: @@", "X-Gitlab-Token: @@", "X-Access-Token: @@",
        "x-functions-key: @@", "api-key: @@", "Apikey: @@", "X-CSRF-Token: x\nX-Session-Token: @@", "Proxy-Authorization: Basic @@=", "\"x-api-key\": \"@@\"",
        "Authorization: Digest username=\"a\", realm=\"b\", response=\"@@\"", "authorization: apikey @@", "X-Registry-Auth: @@", "grpc-metadata-macaroon: @@",
    ),
    "cookies": (
        "Cookie: JSESSIONID=@@", "Cookie: lang=de; grafana_session=@@", "Set-Cookie: connect.sid=@@; Path=/; HttpOnly", "set-cookie: [\"session=@@; Secure\"]",
        '{"req":{"headers":{"cookie":"_oauth2_proxy=@@"}}}', "cookie=\"sessionid=@@\" ua=\"curl\"", "Cookie: auth_session=@@",
    ),
    "queries": (
        "GET /api/items?api_key=@@&n=1 HTTP/1.1", "wss://stream.example/ws?token=@@", "https://x.example/hook?access_token=@@ 200", "?apikey=@@", "callback?code=x&client_secret=@@",
        "/v1/x?auth=@@", "https://hooks.example/t?secret=@@", "GET /x?sessionToken=@@ 200", "https://outlook.example/feed?key=@@",
    ),
    "named-keys": (
        "API_KEY=@@", "api-key=@@", "apiKey: '@@'", "\"apiToken\":\"@@\"", "CLIENT_SECRET=@@", "client_secret: @@", "oidc.clientSecret: @@", "SECRET_KEY=@@", "DJANGO_SECRET_KEY='@@'",
        "encryption_key = \"@@\"", "ENCRYPTION_KEY=@@", "jwt.secret=@@", "session_secret: @@", "cookieSecret: @@", "GITHUB_WEBHOOK_SECRET=@@", "signingKey: @@", "app.key=base64:@@",
        "SIGNING_SECRET=@@", "ACCESS_TOKEN=@@", "access_token: @@", "refresh_token=@@", "token=@@", "auth_token = @@", "bearer_token: @@", "bot_token=@@", "deploy-token: @@",
        "NPM_TOKEN=@@", "SONAR_TOKEN=@@", "CI_JOB_TOKEN=@@", "HEROKU_API_KEY=@@", "MASTER_KEY=@@", "license_key: @@", "RAILS_MASTER_KEY=@@", "hmac_key=@@", "shared_secret=@@",
        "private_token: @@", "community_string: @@", "psk=@@", "preshared_key: @@", "ERLANG_COOKIE=@@", "RABBITMQ_ERLANG_COOKIE=@@", "AUTH_SALT=@@", "password_salt: @@",
        "oauth_token=@@", "x_api_key=@@", "webhook_token=@@", "keyfile_data=@@", "ANSIBLE_VAULT_PASSWORD=@@", "SSH_PRIVATE_KEY=@@", "aesKey=@@",
    ),
    "log-lines": (
        "level=info msg=\"refresh\" token=@@ user=bob", "{\"level\":\"debug\",\"token\":\"@@\"}", "I0211 10:00:01.1 1 x.go:1] \"login\" token=\"@@\" user=\"bob\"",
        "time=@time@ level=DEBUG msg=auth apiKey=@@", "INFO  c.e.Client - using api key @@", "DEBUG: token is @@", "with api key '@@'", "got token @@ for bob", "using token @@",
        "secret key: @@", "Invalid API key: @@", "access key @@ rejected", "invalid token \"@@\"", "session token=@@", "auth token: @@",
    ),
    "kubernetes": (
        "kind: Secret\napiVersion: v1\ndata:\n  k: @@\nmetadata:\n  name: x\n", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData:\n  k: @@\n",
        "- apiVersion: v1\n  kind: Secret\n  data:\n    k: @@\n", "kind: Secret\ndata: {k: @@}\n", "users:\n- name: me\n  user:\n    token: @@\n", "    client-key-data: @@",
        "kind: Secret\ndata:\n  tls.key: >-\n    @@\n", "&Secret{ObjectMeta:{web},Data:map[string][]byte{k: @@,},Type:Opaque,}", "map[data:map[k:@@] kind:Secret]",
        "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"data\":{\"k\":\"@@\"}}", "kubectl --token=@@ get pods", "kubectl config set-credentials me --token=@@", "TYPE: Opaque\nDATA: {\"token\":\"@@\"}",
        "data:\n  .dockerconfigjson: @@\nkind: Secret\n", "secretGenerator:\n- name: db\n  literals:\n  - password=@@\n", "kind: ConfigMap\ndata:\n  app.properties: |\n    api.key=@@\n",
    ),
}  # fmt: skip
