"""A server that speaks S3, with one bucket, until it is ended: `python -m benchmarks.s3_server PORT BUCKET`."""

import logging
import sys
import time

import boto3
from moto.server import ThreadedMotoServer


def main() -> None:
    port, bucket = int(sys.argv[1]), sys.argv[2]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    keys = {"aws_access_key_id": "invented", "aws_secret_access_key": "invented", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys).create_bucket(Bucket=bucket)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
