"""Which names mean a secret: URL parameters, JSON keys, settings, headers.

A name is read as words (`AWSAccessKeyId`, `X-Amz-Signature`, `GOOGLE_MAPS_API_KEY`), so that
case and separators do not matter. Names that are also plain English or identifiers (`key`,
`auth`, `pass`) are WEAK: their value is kept where it plainly is no secret.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

REDACTED = "REDACTED"
LONGEST_PLAIN = 24


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Secrecy(IntEnum):
    """How sure a name is to mean a secret."""

    NONE = 0
    WEAK = 1
    STRONG = 2


SECRET_PARAMETERS: frozenset[str] = _words(
    """
    key api_key apikey api-key app_id appid app_code app_key app_secret access_key access_token
    accesskey access-token auth auth_token authtoken authorization bearer client_id client_secret
    credential credentials developer_key hmac id_token ik-s ixid jsessionid jwt key-pair-id
    license_key oauth_consumer_key oauth_signature oauth_token oauth_verifier otp pass passwd
    password phpsessid private_key pwd refresh_token sas secret secret_key security_token
    session_id session_token sessionid sessiontoken sig sign signature signing_key sslpassword
    subscription-key subscription_key token x-api-key
    awsaccesskeyid googleaccessid x-amz-algorithm x-amz-content-sha256 x-amz-credential x-amz-date
    x-amz-expires x-amz-security-token x-amz-signature x-amz-signedheaders x-goog-algorithm
    x-goog-credential x-goog-date x-goog-expires x-goog-signature x-goog-signedheaders
    """
)
"""Names, in lower case, of URL query parameters that hold a secret or the proof of one.

Without them (and only without them) a URL is the same before and after a key was rotated.
"""

_WEAK = _words(
    "key auth pass sign sas session pin bearer tokens cookies credentials appid clientid"
)
_STRONG_LAST_WORDS = _words(
    """
    password passwords passwd pwd passphrase passcode secret secrets token apikey apikeys
    accesskey secretkey privatekey signature sig hmac jwt otp credential authorization cookie
    totp ixid
    """
)
_STRONG_ENDINGS = tuple(
    _words(
        """
        password passwd passphrase secret token apikey accesskey secretkey privatekey signature
        authkey signingkey subscriptionkey accesskeyid secretkeybase apikeyid consumerkey
        masterkey encryptionkey sessionid sessid
        """
    )
)
_STRONG_KEY_OWNERS = _words(
    """
    access account api app auth authorization client consumer deploy developer dev encryption
    google maps here imagekit geoapify foursquare unsplash pexels license master private secret
    service session shared signing ssh storageaccount subscription write
    """
)
_PLAIN_KEY_OWNERS = _words(
    """
    public primary foreign cache sort partition unique lock idempotency group natural surrogate
    composite lookup object row map hash json translation dedup routing search storage s3 index
    hot arrow enter duplicate candidate
    """
)
_PARAMETERS = frozenset(name.replace("_", "").replace("-", "") for name in SECRET_PARAMETERS)
_PROOF_PREFIXES = ("xamz", "xgoog")

_PLAIN = re.compile(r":?[a-z]+(?:[ _-][a-z]+)*|-?\d{1,9}(?:\.\d{1,9})?")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@lru_cache(maxsize=4096)
def secrecy(name: str, *, parameter: bool = False) -> Secrecy:
    """Whether a value under this name is a secret.

    `parameter` says that it is a parameter of a URL, where nothing is plain English: every name
    of SECRET_PARAMETERS and every X-Amz-/X-Goog- name is a secret there.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    if parameter and (joined in _PARAMETERS or joined.startswith(_PROOF_PREFIXES)):
        return Secrecy.STRONG
    if joined in _WEAK:
        return Secrecy.WEAK
    if joined in _PARAMETERS or joined.endswith(_STRONG_ENDINGS):
        return Secrecy.STRONG
    if not words:
        return Secrecy.NONE
    if words[-1] in _STRONG_LAST_WORDS:
        return Secrecy.STRONG
    if words[-1] in {"key", "keys"} and len(words) > 1 and words[-2] not in _PLAIN_KEY_OWNERS:
        return Secrecy.STRONG if words[-2] in _STRONG_KEY_OWNERS else Secrecy.WEAK
    return Secrecy.NONE


def is_plain(value: str) -> bool:
    """Whether a value under a WEAK name (`"key": "value"`) is a word or a small number."""
    return len(value) <= LONGEST_PLAIN and _PLAIN.fullmatch(value) is not None


def words_of_secrets() -> frozenset[str]:
    """What a name must end with (letters alone, lower case) for `secrecy` not to be NONE.

    Or, for `xamz` and `xgoog`, begin with. For those that look at many texts at once.
    """
    return frozenset(
        {"key", "keys", *_PARAMETERS, *_WEAK, *_STRONG_LAST_WORDS, *_STRONG_ENDINGS}
        | {*_PROOF_PREFIXES}
    )
