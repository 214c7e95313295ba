"""Reading FHIR R4 Questionnaires as instruments."""

from checkin.domain.questionnaire.fhir_json import load_document
from checkin.domain.questionnaire.reader import read_questionnaire
from checkin.domain.questionnaire.safety import NeedsSafetyItem

__all__ = ["NeedsSafetyItem", "load_document", "read_questionnaire"]
