"""Who may import whom. This table is the map of the house; a new layer must be added here first."""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "checkin"

MAY_IMPORT = {
    "domain": {"domain"},
    "charts": {"charts", "domain"},
    "export": {"export", "domain", "charts"},
    "channels": {"channels", "domain"},
    "storage": {"storage", "domain"},
    "services": {"services", "domain", "storage", "export", "channels.base"},
    "scheduler": {"scheduler", "services", "domain"},
    "web": {"web", "domain", "services", "charts"},
}
# The composition root imports anything.
ROOT = {"__init__", "app", "demo", "logs", "wiring"} | {
    path.stem for pattern in ("cli*.py", "config*.py") for path in PACKAGE.glob(pattern)
}

# Who may use which library, and what of the standard one is for some alone. Any other library is for nobody.
OWNED = {
    "flask": {"web"},
    "flask_login": {"web"},
    "flask_wtf": {"web"},
    "flask_babel": {"web"},
    "wtforms": {"web"},
    "werkzeug": {"web"},
    "itsdangerous": {"web.form_cookie"},
    "markupsafe": {"web", "channels.rendering"},
    "babel": {"web.speech", "channels.rendering"},
    "segno": {"web"},
    "rjsmin": {"web.scripts"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage.migration"},
    "cryptography": {"storage", "channels.vapid_key", "channels.push_crypto"},
    "http_ece": {"channels.push_crypto"},
    "py_vapid": {"channels.push_crypto"},
    "http": {"channels.https"},
    "argon2": {"services.passwords"},
    "zxcvbn": {"services.passwords"},
    "email_validator": {"services.invite_people"},
    "apscheduler": {"scheduler"},
    "jinja2": {"channels"},
    "smtplib": {"channels"},
    "icalendar": {"export.ics", "export.ics_busy", "export.ics_zones"},
    "dateutil": {"export.ics_busy"},
    "numpy": {"domain.window", "domain.simulator"},
}


def offences(package: Path = PACKAGE) -> list[str]:
    """Every import that breaks the tables, as "file:line: what"."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        layer = parts[0]
        if layer in ROOT:
            continue
        if layer not in MAY_IMPORT:
            found.append(f"{path}:1: unknown layer {layer}")
            continue
        module = ".".join(parts)
        for line, name in _imports(path):
            if not _allowed(layer, module, name):
                found.append(f"{path}:{line}: {module} imports {name}")
    return found


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            deeper = module == "checkin" or module in {f"checkin.{layer}" for layer in MAY_IMPORT}
            found += [(node.lineno, f"{module}.{alias.name}" if deeper else module) for alias in node.names]
    return found


def _allowed(layer: str, module: str, name: str) -> bool:
    top, _, rest = name.partition(".")
    if top == "checkin":
        return any(rest == target or rest.startswith(f"{target}.") for target in MAY_IMPORT[layer])
    if top not in OWNED:
        return top in sys.stdlib_module_names
    return any(module == owner or module.startswith(f"{owner}.") for owner in OWNED[top])


def test_every_import_follows_the_table() -> None:
    assert offences() == []


def test_planted_offences_are_found(tmp_path: Path) -> None:
    planted = {
        "domain/a.py": "import flask\n",
        "charts/b.py": "from checkin.storage import people\n",
        "services/c.py": "from checkin.channels.email import EmailChannel\n",
        "web/d.py": "import sqlalchemy\n",
        "domain/f.py": "import requests\n",
        "domain/g.py": "from pydantic import BaseModel\n",
        "domain/h.py": "import numpy as np\n",
        "domain/i.py": "import babel.dates\n",
        "domain/window/j.py": "import scipy.stats\n",
        "storage/k.py": "import psycopg\n",
        "export/l.py": "import http.client\n",
        "services/m.py": "from alembic import command\n",
        "helpers/e.py": "",
    }
    for name, source in planted.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    found = "\n".join(offences(tmp_path))
    assert [name for name in planted if name not in found] == []


def test_what_is_allowed_is_no_offence(tmp_path: Path) -> None:
    allowed = {
        "domain/a.py": "import math\nfrom checkin.domain import ids\n",
        "domain/window/b.py": "import numpy as np\n",
        "storage/c.py": "from sqlalchemy import select\nfrom checkin.domain.ids import new_id\n",
        "cli_house.py": "import click\n",
    }
    for name, source in allowed.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    assert offences(tmp_path) == []
