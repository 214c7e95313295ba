"""Where a patient stands: home, check-ins, chart, infusions."""

from flask import Blueprint

patient = Blueprint("patient", __name__)
