"""The ports on DynamoDB, S3 and SSM: low-level boto3 clients, handed in by `wiring`, and nothing that thinks.

`keys` holds the whole key layout and `errors` the whole translation of service errors; each other module is one adapter,
or the shape of its items. What the public read path needs (`pages_dynamodb`) imports nothing of the write side.
"""
