"""The scripts of the deployment against a stand-in for `az` that runs packages on this machine; azure.yaml and the workflows.

    PACKAGE=target/apps/all.zip python3 bicep/deploy_test.py
"""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
PACKAGE = Path(os.environ.get("PACKAGE", TOP / "target/apps/all.zip")).resolve()

# Knows what release.sh and secrets.sh ask of it, and nothing else.
AZ = r"""#!/usr/bin/env bash
set -euo pipefail
call="$*"
option() { local name=$1; shift; while [ $# -gt 0 ]; do [ "$1" = "$name" ] && { printf '%s' "$2"; return; }; shift; done; }
echo "$call" >>"$CLOUD/calls"
case "$call" in
  "storage blob exists"*) [ -f "$CLOUD/packages/$(option --name "$@")" ] && echo true || echo false ;;
  "storage blob download"*) cp "$CLOUD/packages/$(option --name "$@")" "$(option --file "$@")" ;;
  "storage blob upload"*) cp "$(option --file "$@")" "$CLOUD/packages/$(option --name "$@")" ;;
  "functionapp deployment source config-zip"*)
    if [ -f "$CLOUD/pid" ]; then kill -9 "$(cat "$CLOUD/pid")" 2>/dev/null || true; fi
    rm -rf "$CLOUD/app" && mkdir "$CLOUD/app"
    python3 -m zipfile -e "$(option --src "$@")" "$CLOUD/app"
    # As the Functions host does on this plan.
    chmod +x "$CLOUD/app/handler"
    cd "$CLOUD/app"
    TALENTI_DATA="$CLOUD/data" FUNCTIONS_CUSTOMHANDLER_PORT=$PORT LOG_LEVEL=error ./handler >"$CLOUD/log" 2>&1 </dev/null &
    echo $! >"$CLOUD/pid"
    ;;
  "keyvault secret list"*)
    if [ ! -f "$CLOUD/asked" ]; then touch "$CLOUD/asked"; echo "Forbidden" >&2; exit 1; fi
    query=$(option --query "$@")
    name=${query#*\'}
    name=${name%%\'*}
    [ ! -f "$CLOUD/$name" ] || echo "$name"
    ;;
  "keyvault secret set"*) cp "$(option --file "$@")" "$CLOUD/$(option --name "$@")" ;;
  "account show"*) echo 00000000-0000-0000-0000-000000000000 ;;
  "rest --method post"*) ;;
  *) echo "unknown: $call" >&2; exit 2 ;;
esac
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cloud(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.cloud = Path(self.folder.name)
        (self.cloud / "packages").mkdir()
        (self.cloud / "bin").mkdir()
        az = self.cloud / "bin/az"
        az.write_text(AZ)
        az.chmod(0o755)
        self.port = free_port()
        self.environment = {
            "PATH": f"{self.cloud / 'bin'}:{os.environ['PATH']}",
            "CLOUD": str(self.cloud),
            "PORT": str(self.port),
            "PATIENCE": "40",
            "RETRY_SECONDS": "0",
            "RESOURCE_GROUP": "group",
            "PACKAGE_ACCOUNT": "account",
            "AZURE_RESOURCE_GROUP": "group",
            "VAULT_NAME": "vault",
            "APP_NAMES": '["one","two"]',
        }

    def tearDown(self):
        pid = self.cloud / "pid"
        if pid.exists():
            try:
                os.kill(int(pid.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.folder.cleanup()

    def run_script(self, script, *arguments, **environment):
        done = subprocess.run(
            [HERE / script, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def release(self, package, **environment):
        return self.run_script("release.sh", f"http://127.0.0.1:{self.port}", f"app={package}", **environment)

    def broken_package(self):
        path = self.cloud / "broken.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("host.json", "{}")
            archive.writestr("handler", "#!/bin/sh\nexit 1\n")
        return path

    def test_a_package_that_works_is_released_and_kept(self):
        status, output = self.release(PACKAGE)
        self.assertEqual(status, 0, output)
        self.assertEqual((self.cloud / "packages/app.zip").read_bytes(), PACKAGE.read_bytes())

    def test_one_that_does_not_is_taken_back(self):
        (self.cloud / "packages/app.zip").write_bytes(PACKAGE.read_bytes())
        status, output = self.release(self.broken_package(), PATIENCE="5")
        self.assertEqual(status, 1, output)
        self.assertIn("going back", output)
        self.assertIn(f":{self.port} works", output, "the earlier package serves again")
        self.assertEqual((self.cloud / "packages/app.zip").read_bytes(), PACKAGE.read_bytes(), "the broken one is not kept")
        status, output = self.run_script("smoke.sh", f"http://127.0.0.1:{self.port}", "5")
        self.assertEqual(status, 0, output)

    def test_the_first_release_has_nothing_to_go_back_to(self):
        status, output = self.release(self.broken_package(), PATIENCE="3")
        self.assertEqual(status, 1, output)
        self.assertIn("no earlier package", output)
        self.assertFalse((self.cloud / "packages/app.zip").exists())

    def test_the_keys_are_made_once_and_shown_nowhere(self):
        status, output = self.run_script("secrets.sh")
        self.assertEqual(status, 0, output)
        signing, field = ((self.cloud / name).read_text() for name in ("auth-signing-key", "field-keys"))
        shown = subprocess.run(["openssl", "pkey", "-noout", "-text"], input=signing, capture_output=True, text=True)
        self.assertIn("ED25519", shown.stdout.upper())
        self.assertEqual(len(base64.b64decode(field)), 32)
        calls = (self.cloud / "calls").read_text()
        for line in [*signing.splitlines(), field.strip()]:
            self.assertNotIn(line, output + calls)
        self.assertEqual(calls.count("config/configreferences/appsettings/refresh"), 2, "both apps look again")

        # The platform takes them.
        status, output = self.release(PACKAGE, AUTH_SIGNING_KEY=signing, FIELD_KEYS=field)
        self.assertEqual(status, 0, output)

        status, output = self.run_script("secrets.sh")
        self.assertEqual(status, 0, output)
        again = [(self.cloud / name).read_text() for name in ("auth-signing-key", "field-keys")]
        self.assertEqual(again, [signing, field], "a second run leaves them alone")
        calls = (self.cloud / "calls").read_text()
        self.assertEqual(calls.count("config/configreferences/appsettings/refresh"), 2, "nothing to look for")


class Descriptions(unittest.TestCase):
    def test_azure_yaml_names_what_is_there(self):
        azure = yaml.safe_load((TOP / "azure.yaml").read_text())
        self.assertTrue((TOP / azure["infra"]["path"] / f"{azure['infra']['module']}.bicep").is_file())
        self.assertEqual(list(azure["services"]), ["talenti"])
        service = azure["services"]["talenti"]
        # main.bicep tags the app with the service's name.
        self.assertIn("azdService: app == 'all' ? 'talenti' : app", (HERE / "main.bicep").read_text())
        self.assertEqual((service["host"], service["language"], service["dist"]), ("function", "custom", "target/apps/all"))
        for hook in [*azure["hooks"].values(), *service["hooks"].values()]:
            script = TOP / hook["run"].split()[0]
            self.assertTrue(hook["run"].startswith("cargo stage") or os.access(script, os.X_OK), hook)

    def test_the_workflows_run_what_is_there(self):
        for path in sorted((TOP / ".github/workflows").glob("*.yml")):
            workflow = yaml.safe_load(path.read_text())
            self.assertEqual(workflow["permissions"], {"contents": "read"}, path)
            self.assertNotRegex(path.read_text(), r"\$\{\{\s*secrets\.", "there is no secret to keep")
            for script in re.findall(r"\bbicep/[\w-]+\.sh\b", path.read_text()):
                self.assertTrue(os.access(TOP / script, os.X_OK), script)
        deploy = yaml.safe_load((TOP / ".github/workflows/deploy.yml").read_text())
        self.assertEqual(deploy["jobs"]["deploy"]["permissions"], {"contents": "read", "id-token": "write"})

    def test_the_parameters_are_json(self):
        json.loads((HERE / "main.parameters.json").read_text())


if __name__ == "__main__":
    unittest.main()
