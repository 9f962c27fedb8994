"""What the API answers, said once: a model for each document, a line for each route, and the OpenAPI document made of both.

Nothing that runs in Lambda imports this. Tests hold every page that is rendered against its model.
"""
