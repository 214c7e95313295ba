"""Where appointments are agreed: a therapist's hours and times, a patient's choice, both calendars."""
