"""Where infusions are recorded, by staff, by a therapist with the right, or by the patient."""
