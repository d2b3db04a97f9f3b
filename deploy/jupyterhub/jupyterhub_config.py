"""JupyterHub with the workbench as a service of its own: one sign-in, roles by groups, and notebook
servers that reach the cluster only through the workbench's gateway.

For one machine, or to read what Zero to JupyterHub is told in values.yaml. Needs in the Hub's
environment: DATABASE_URL, and KUBECONFIG unless the workbench is to look at its demo cluster.
"""

import json
import os
import sys

c = get_config()  # noqa: F821

PORT = os.environ.get("WORKBENCH_PORT", "8787")
ACCESS = "access:services!service=workbench"
GIVEN = ("DATABASE_URL", "KUBECONFIG", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL")

c.JupyterHub.services = [
    {
        "name": "workbench",
        "url": f"http://127.0.0.1:{PORT}",
        "command": [sys.executable, "-m", "workbench", "up", "--port", PORT],
        "environment": {
            # whoever asks is who the Hub says, with the role that their groups have
            "WORKBENCH_JUPYTERHUB": "true",
            "WORKBENCH_ROLES": json.dumps(
                {"sre": "operator", "sre-leads": "approver", "platform": "admin"}
            ),
            "WORKBENCH_DEFAULT_ROLE": "viewer",
            "WORKBENCH_TLS_PROXIES": "127.0.0.1",  # the Hub's proxy says who came by https
            **{name: os.environ[name] for name in GIVEN if name in os.environ},
            **{
                n: v
                for n, v in os.environ.items()
                if n.startswith("WORKBENCH_") and "PORT" not in n
            },
        },
        "oauth_no_confirm": True,
    }
]

# People may open the workbench, and their notebook servers may call it for them.
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", ACCESS]}]
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", ACCESS]

# JupyterLab with the workbench's kernel.
c.Spawner.cmd = [sys.executable, "-m", "workbench", "hub-user"]

# What nobody has used for an hour ends: kernels whose page is closed, then the server without any.
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=3600",
    "--ServerApp.shutdown_no_activity_timeout=3600",
]

# All that a notebook server knows: where the gateway is. Its token is the Hub's, for its person.
c.Spawner.environment = {"WORKBENCH_GATEWAY": f"http://127.0.0.1:{PORT}/services/workbench"}
