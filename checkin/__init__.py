"""checkin: short check-ins after an infusion, the response they show, and who may see it."""
