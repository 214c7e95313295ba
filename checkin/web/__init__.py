"""Blueprints by place: reads the form, calls one service, renders."""
