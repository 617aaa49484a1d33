"""Webhooks: a signed POST to whoever asked for it when a job is done.

`hosts` says where a POST may go, `signing` how it is signed, `post` sends one, `kept` is what the store knows of it,
and `deliver` works through what is due.
"""
