"""The least a visit can be: Flask and SQLite (WAL, FULL), the same three requests, the same page bytes."""

import json
import os
import sqlite3
import threading
from pathlib import Path

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue as Answer

HOME = Path(os.environ["BARE_HOME"])
FORM, SAVED = (HOME / "form.html").read_bytes(), (HOME / "saved.html").read_bytes()
app = Flask("bare")
local = threading.local()


def run(statement: str, *values: str) -> object:
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(HOME / "bare.sqlite3", timeout=10, isolation_level=None)
        local.connection.execute("PRAGMA journal_mode=WAL")
        local.connection.execute("PRAGMA synchronous=FULL")
    return local.connection.execute(statement, values).fetchone()


@app.get("/c/<secret>")
def answer(secret: str) -> Answer:
    return FORM if run("SELECT 1 FROM links WHERE secret = ?", secret) else ("", 404)


@app.post("/c/<secret>")
def send(secret: str) -> Answer:
    answers = json.dumps([request.form[f"q{number}"] for number in range(1, 10)])
    run("INSERT INTO check_ins VALUES (?, ?)", secret, answers)
    return redirect(f"/c/{secret}/saved", 303)


@app.get("/c/<secret>/saved")
def saved(secret: str) -> Answer:
    return SAVED if run("SELECT 1 FROM check_ins WHERE secret = ?", secret) else ("", 404)
