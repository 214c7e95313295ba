"""What the audit's actions are called when people read them."""

from collections.abc import Mapping

from checkin.domain.words import Text, text

ACTION_WORDS: Mapping[str, Text] = {
    "access_given": text("gave access"),
    "access_withdrawn": text("stopped access"),
    "address_gone": text("noted that an address does not work"),
    "alert_acknowledged": text("took an alert"),
    "answered": text("answered a check-in"),
    "answers_changed": text("changed answers"),
    "appointment_agreed": text("agreed an appointment"),
    "appointment_cancelled": text("cancelled an appointment"),
    "appointment_moved": text("moved an appointment"),
    "appointment_outside": text("noted that an appointment is outside the window"),
    "busy_times_changed": text("changed the busy times"),
    "calendar_ended": text("ended a calendar address"),
    "calendar_made": text("made a calendar address"),
    "clinic_opened": text("opened the clinic"),
    "declined": text("said “not today”"),
    "disabled": text("closed a sign-in"),
    "discharged": text("discharged a patient"),
    "enabled": text("opened a sign-in again"),
    "exported": text("took a copy of a record"),
    "hours_changed": text("changed the hours for appointments"),
    "infusion_cancelled": text("cancelled an infusion"),
    "infusion_confirmed": text("confirmed an infusion"),
    "infusion_corrected": text("corrected an infusion"),
    "infusion_recorded": text("recorded an infusion"),
    "instrument_imported": text("imported a form"),
    "invited": text("invited somebody"),
    "invited_again": text("invited somebody again"),
    "listed": text("saw a patient in a list"),
    "looked": text("looked at a record"),
    "opened_file": text("looked at contact and infusions"),
    "opened_infusion": text("looked at an infusion"),
    "password_changed": text("changed the password"),
    "password_set_by_invite": text("accepted an invitation"),
    "password_set_by_reset": text("set a new password by e-mail"),
    "preferences_changed": text("changed hours or reminders"),
    "previewed_infusion": text("looked at what an infusion would plan"),
    "protocol_imported": text("imported a protocol"),
    "refused": text("was refused"),
    "reminders_stopped": text("stopped reminders by link"),
    "reset_requested": text("asked for a new password"),
    "settings_changed": text("changed the settings"),
    "sign_in": text("signed in"),
    "sign_in_failed": text("failed to sign in"),
    "sign_out": text("signed out"),
    "sign_out_elsewhere": text("signed out everywhere else"),
    "therapist_invited": text("invited an own therapist"),
    "times_declined": text("said that no proposed time fits"),
    "times_proposed": text("proposed times for an appointment"),
}


def action_words(action: str) -> Text:
    """The action in words; one that this version does not know is shown as it is."""
    return ACTION_WORDS.get(action) or text("%(action)s", action=action)
