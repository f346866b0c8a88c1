"""Amazon Connect over the wire: the only package that imports aiobotocore, botocore and websockets."""
