"""The servers for scripts: started by the harness, stopped with the script."""

import os
import subprocess


class Stage:
    """Registry, API and Keystone on free ports; ends with the block."""

    def __init__(self, program, *options):
        self._line = [program, "--keystone", *options]
        self.facts = {}

    def __enter__(self):
        self._process = subprocess.Popen(self._line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            name, _, value = line.strip().partition("=")
            if name == "READY":
                return self
            self.facts[name] = value
        raise SystemExit("the servers did not start")

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(60)

    def environment(self, user, project):
        """The variables with which clients act as this user in this project."""
        wanted = {
            "OS_AUTH_URL": self.facts["AUTH_URL"],
            "OS_IDENTITY_API_VERSION": "3",
            "OS_IMAGE_API_VERSION": "2",
            "OS_USERNAME": user,
            "OS_PASSWORD": self.facts["PASSWORD_" + user.replace("-", "_")],
            "OS_PROJECT_NAME": project,
            "OS_USER_DOMAIN_ID": "default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": "RegionOne",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        return {**kept, **wanted}
