"""Hooks of the API fuzzer: who calls, and ids of things that exist.

The demonstration has filled the platform; its administrator, its candidate and nobody call in turn. Most ids of a
request are those of real things, so that handlers are reached behind the look-up. Signing out and changing a password
get a session of their own each time, so that the run goes on.
"""

import json
import os
import random
import re
import urllib.request

import schemathesis

BASE = os.environ["FUZZ_BASE"]
PASSWORD = os.environ["FUZZ_PASSWORD"]
ADMINISTRATOR, CANDIDATE = os.environ["FUZZ_ADMINISTRATOR"], os.environ["FUZZ_CANDIDATE"]
# Whole runs can be repeated.
CHOICE = random.Random(20261121)
ENDS_SESSIONS = re.compile(r"/auth/(logout|password|sessions)")


def call(method, path, token=None, body=None):
    request = urllib.request.Request(BASE + "/api/v1" + path, method=method)
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", "Bearer " + token)
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def sign_in(email):
    return call("POST", "/auth/login", body={"email": email, "password": PASSWORD})


administrator, candidate = sign_in(ADMINISTRATOR), sign_in(CANDIDATE)
LEAVER = "leaver@example.com"
account = {"email": LEAVER, "password": PASSWORD, "first_name": "Lea", "last_name": "Ver"}
call("POST", "/auth/register", body=account)
TOKENS = {"administrator": administrator["access_token"], "candidate": candidate["access_token"]}


def ids(path, who="administrator", member="id"):
    return [item[member] for item in call("GET", path, TOKENS[who])["items"] if item.get(member)]


def make(path, body, who="administrator"):
    return [call("POST", path, TOKENS[who], body)["id"]]


# By the part of a path that names a collection.
KNOWN = {
    "jobs": ids("/jobs") + make("/jobs", {"title": "Welder"}),
    "candidates": ids("/candidates") + ["me"],
    "applications": ids("/applications"),
    "interview": ids("/invitations", member="interview_id"),
    "invitations": ids("/invitations"),
    "documents": ids("/documents"),
    "shortlists": ids("/shortlists"),
    "users": [administrator["user"]["id"], candidate["user"]["id"]],
    "roles": ids("/security/roles"),
    "teams": make("/teams", {"name": "Workshop"}),
    "stages": [stage["id"] for stage in call("GET", "/pipeline/stages", TOKENS["administrator"])["items"]],
    "organisations": ids("/organisations"),
    "practice-interviews": make("/practice-interviews", {"sample_role_type": "Nurse"}, "candidate"),
    "sessions": ids("/auth/sessions"),
}
for alias, name in {"interviews": "interview", "scoring": "interview", "recruiters": "users", "members": "users"}.items():
    KNOWN[alias] = KNOWN[name]
# By the name of a member, in bodies and queries.
MEMBERS = {
    "job_id": "jobs",
    "job_role_id": "jobs",
    "candidate_id": "candidates",
    "application_id": "applications",
    "interview_id": "interview",
    "user_id": "users",
    "recruiter_id": "users",
    "stage_id": "stages",
    "role_id": "roles",
    "resume_document_id": "documents",
    "organisation_id": "organisations",
}


def known(collection):
    found = KNOWN.get(collection)
    return CHOICE.choice(found) if found and CHOICE.random() < 0.7 else None


def path_with_known_ids(template, values):
    parts = template.split("/")
    found = {}
    for before, part in zip(parts, parts[1:]):
        name = part.strip("{}")
        # What is no id on purpose stays none.
        if part.startswith("{") and is_id(values.get(name)):
            found[name] = known(before) or values[name]
    return {**values, **found}


def with_known_ids(values):
    if isinstance(values, list):
        return [with_known_ids(value) for value in values]
    if not isinstance(values, dict):
        return values
    return {
        name: (is_id(value) and known(MEMBERS.get(name))) or with_known_ids(value) for name, value in values.items()
    }


def is_id(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F-]{36}", value) is not None


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.path_parameters:
        case.path_parameters = path_with_known_ids(case.operation.path, case.path_parameters)
    case.query = with_known_ids(case.query)
    case.body = with_known_ids(case.body)
    if ENDS_SESSIONS.search(case.operation.path):
        token = sign_in(LEAVER)["access_token"]
    else:
        token = CHOICE.choice([TOKENS["administrator"]] * 6 + [TOKENS["candidate"]] * 3 + [None])
    if token:
        case.headers = {**(case.headers or {}), "Authorization": "Bearer " + token}
