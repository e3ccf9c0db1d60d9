"""Where media and weights lie when it is not a local folder."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured


def s3_storage(url: str, setting: str) -> dict[str, Any]:
    """An entry of STORAGES."""
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options(url, setting)}


def s3_options(url: str, setting: str = "STORAGE_URL") -> dict[str, Any]:
    """django-storages' options from `s3://bucket/prefix?endpoint=URL&region=NAME`; keys come from AWS_* variables."""
    parts = urlsplit(url)
    if not parts.netloc:
        raise ImproperlyConfigured(f"{setting}={url}: name the bucket, as in s3://bucket?region=eu-central-1")
    query = parse_qs(parts.query)
    if unknown := set(query) - {"endpoint", "region"}:
        raise ImproperlyConfigured(f"{setting} has {', '.join(sorted(unknown))}: use endpoint and region only")
    return {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "endpoint_url": query.get("endpoint", [None])[0],
        "region_name": query.get("region", [None])[0],
        "default_acl": "private",
        "querystring_auth": True,
        "file_overwrite": False,
    }
