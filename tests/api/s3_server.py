"""An object store that speaks S3 and checks AWS signatures (moto), for tests: on loopback, in memory, with one user and one bucket.

Runs in the Python environment that installer/test makes (build/s3). Prints one line of JSON: endpoint, access key and secret key. It ends when its
standard input ends. Arguments: BUCKET [CERTIFICATE KEY].
"""

import json
import logging
import os
import sys
import threading
import warnings

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ[name] = "setup"
os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["NO_PROXY"] = "127.0.0.1"
warnings.simplefilter("ignore")  # from its own set-up calls, which do not check its certificate

import boto3  # noqa: E402
import moto.settings  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402


def main():
    bucket, tls = sys.argv[1], tuple(sys.argv[2:4])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, ssl_context=tls or None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    reach = {"endpoint_url": endpoint, "verify": False if tls else None}

    iam = boto3.client("iam", **reach)
    iam.create_user(UserName="snapshots")
    allowed = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"],
               "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    iam.put_user_policy(UserName="snapshots", PolicyName="snapshots",
                        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    key = iam.create_access_key(UserName="snapshots")["AccessKey"]
    boto3.client("s3", **reach).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    moto.settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # from now on it checks each request's signature and rights
    print(json.dumps({"endpoint": endpoint, "access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}), flush=True)
    sys.stdin.read()


main()
