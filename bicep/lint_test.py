"""Each fault the lint knows is put into a copy of the templates, and must be told."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent

# file, what stands there, what is put there, what the lint must say
FAULTS = [
    ("main.bicep", "module vault 'modules", "module vault modules", "syntax error"),
    ("main.bicep", "join(allowedOrigins, ',')", "join(allowedOrigin, ',')", "allowedOrigin is not declared"),
    ("main.bicep", "join(allowedOrigins, ',')", "joined(allowedOrigins, ',')", "joined is no function"),
    ("main.bicep", "LOG_LEVEL: logLevel", "LOG_LEVEL: 'info'", "param logLevel is not used"),
    ("main.bicep", "    database: 'talenti'\n", "", "parameter database of cosmos.bicep is missing"),
    ("main.bicep", "    database: 'talenti'\n", "    database: 'talenti'\n    size: 3\n", "has no parameter size"),
    ("main.bicep", "cosmos.outputs.region", "cosmos.outputs.place", "has no output place"),
    ("main.bicep", "network!.outputs.appSubnetId", "network!.outputs.subnet", "has no output subnet"),
    ("main.bicep", "'modules/vault.bicep'", "'modules/safe.bicep'", "there is no safe.bicep"),
    ("main.bicep", "param logLevel string = 'info'", "@secure()\nparam logLevel string", "decorator secure"),
    ("main.bicep", "param logLevel string", "param smtpPassword string", "sounds like a secret"),
    ("modules/app.bicep", "output principalId string = app.identity.principalId",
     "output principalId string = component.properties.ConnectionString", "reads something that sounds like a secret"),
    ("modules/cosmos.bicep", "output name string = account.name", "output name string = account.listKeys().primaryMasterKey",
     "keys are neither listed nor read"),
    ("modules/cosmos.bicep", "    disableLocalAuth: true\n", "", "must say properties.disableLocalAuth: true"),
    ("modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "must say properties.allowShared"),
    ("modules/vault.bicep", "vaults@2024-11-01", "vaults", "needs a released API version"),
    ("modules/vault.bicep", "vaults@2024-11-01", "vaults@2024-11-01-preview", "needs a released API version"),
    ("modules/app.bicep", "instanceMemoryMB:", "instanceMemory:", "has no instanceMemory"),
    ("modules/app.bicep", "reserved: true", "reserved: 'yes'", "reserved is of type bool"),
    ("modules/app.bicep", "appSettings: map(", "appSettings: { } //", "appSettings is no object"),
    ("modules/app.bicep", "app.identity.principalId", "app.identity.objectId", "app has no objectId to read"),
    ("modules/app.bicep", "type: 'SystemAssignedIdentity'", "type: 'Password'", "Password is none of"),
    ("modules/cosmos.bicep", "    databaseAccountOfferType: 'Standard'\n", "", "databaseAccountOfferType is missing"),
    ("modules/cosmos.bicep", "'Strong'", "'Session'", "must say properties.consistencyPolicy"),
    ("modules/cosmos.bicep", "type: 'Continuous',", "type: 'Constant',", "Constant is no choice"),
    ("modules/cosmos.bicep", "locations: [{", "locations: { //", "syntax error"),
    ("modules/communication.bicep", "dataLocation: 'Australia'\n    linked", "hostName: 'acs'\n    linked", "hostName cannot be set"),
    ("modules/communication.bicep", "communicationServices@2023-04-01", "communicationServices@2023-03-31", "azure-types.json has no"),
    ("modules/access.bicep", "roles['Key Vault Secrets User']", "roles['Key Vault Secrets Reader']", "roles.json has no"),
    ("modules/deployer.bicep", "roles['Key Vault Secrets Officer']",
     "'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'", "ids of roles stand in roles.json"),
    ("roles.json", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "two roles have one id"),
    ("settings.json", "\"SMTP_URL\"", "\"SMTP_ADDRESS\"", "from_vault differ"),
    ("main.parameters.json", "\"frontendUrl\"", "\"frontend\"", "frontendUrl is missing"),
]


class Lint(unittest.TestCase):
    def run_on(self, name=None, before="", after=""):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "bicep"
            shutil.copytree(HERE, copy)
            if name:
                text = (copy / name).read_text()
                self.assertIn(before, text, name)
                (copy / name).write_text(text.replace(before, after))
            done = subprocess.run([sys.executable, copy / "lint.py"], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_the_templates_are_in_order(self):
        self.assertEqual(self.run_on()[0], 0)

    def test_every_fault_is_told(self):
        for name, before, after, expected in FAULTS:
            with self.subTest(expected=expected, file=name):
                status, output = self.run_on(name, before, after)
                self.assertEqual(status, 1, output)
                self.assertIn(expected, output)


if __name__ == "__main__":
    unittest.main()
