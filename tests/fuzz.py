"""Hooks of the API fuzzer: who calls, and ids of things that exist.

The demonstration has filled the platform; its administrator, its candidate, platform staff and nobody call, mostly
those whom an operation is for. Most ids of a request are those of real things, and most If-Match headers the ETag they
have, so that handlers are reached behind the look-up. What is deleted or closed is made for it, and signing out and
changing a password get a session of their own, so that the run goes on.
"""

import atexit
import json
import os
import random
import re
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import schemathesis

BASE = os.environ["FUZZ_BASE"]
PASSWORD = os.environ["FUZZ_PASSWORD"]
ADMINISTRATOR, CANDIDATE = os.environ["FUZZ_ADMINISTRATOR"], os.environ["FUZZ_CANDIDATE"]
# Whole runs can be repeated.
CHOICE = random.Random(20261121)
ENDS_SESSIONS = re.compile(r"/auth/(logout|password|sessions)")
OF_STAFF = re.compile(r"/platform/|/organisations/\{id\}/(close|suspend|reactivate)$")
OF_CANDIDATES = re.compile(
    r"/candidates/me/|/practice-interviews|/contest$|/interview/|/interviews/\{id\}/signals|/invitations/(accept|validate)"
)
# Nothing else can be done with a thing after one of these.
ENDS = re.compile(r"/(close|cancel|suspend|publish|merge|hire|reject|withdraw)$")


def send(method, path, token=None, body=None):
    request = urllib.request.Request(BASE + "/api/v1" + path, method=method)
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", "Bearer " + token)
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=20) as answer:
        return answer.headers, json.loads(answer.read() or b"null")


def call(method, path, token=None, body=None):
    return send(method, path, token, body)[1]


def sign_in(email):
    return call("POST", "/auth/login", body={"email": email, "password": PASSWORD})


administrator, candidate = sign_in(ADMINISTRATOR), sign_in(CANDIDATE)
LEAVER, OPERATOR = "leaver@example.com", "operator@example.com"
for email in (LEAVER, OPERATOR):
    account = {"email": email, "password": PASSWORD, "first_name": "Lea", "last_name": "Ver"}
    call("POST", "/auth/register", body=account)
subprocess.run([os.environ["FUZZ_PROGRAM"], "make-super-admin", OPERATOR], check=True)
TOKENS = {
    "administrator": administrator["access_token"],
    "candidate": candidate["access_token"],
    "operator": sign_in(OPERATOR)["access_token"],
}


def ids(path, who="administrator", member="id"):
    return [item[member] for item in call("GET", path, TOKENS[who])["items"] if item.get(member)]


def make(path, body, who="administrator"):
    return [call("POST", path, TOKENS[who], body)["id"]]


WELDER = {
    "title": "Welder",
    "description": "Joins metal.",
    "department": "Workshop",
    "job_type": "full_time",
    "employment_type": "permanent",
    "deadline": "2099-12-31",
}


def open_job():
    [job] = make("/jobs", WELDER)
    call("POST", f"/jobs/{job}/publish", TOKENS["administrator"], {})
    return job


def begin_interview():
    """Invites the candidate for another job, and has the interview begun."""
    found = call("GET", "/candidates", TOKENS["administrator"])["items"]
    of_candidate = next(item["id"] for item in found if item["email"] == CANDIDATE)
    [application] = make("/applications", {"job_id": open_job(), "candidate_id": of_candidate})
    invited = {"application_id": application, "candidate_email": CANDIDATE, "role_title": "Welder", "company_name": "Pine"}
    call("POST", "/invitations/send", TOKENS["administrator"], invited)
    interview = call("POST", "/invitations/accept", TOKENS["candidate"], {"token": token_of_letter()})["interview_id"]
    call("GET", f"/interview/{interview}/disclosure", TOKENS["candidate"])
    call("POST", f"/interview/{interview}/disclosure/acknowledge", TOKENS["candidate"], {})
    call("POST", "/interview/start", TOKENS["candidate"], {"interview_id": interview})


def token_of_letter():
    """Of that invitation, once its letter has arrived."""
    for _ in range(200):
        for letter in call("GET", "/dev/outbox"):
            token = re.search(r"/invite/([\w-]+)", letter["text"])
            if token and "Welder" in letter["text"]:
                return token[1]
        time.sleep(0.05)
    raise SystemExit("the invitation's letter did not arrive")


begin_interview()
# The candidate's own record, which is `me`.
make("/candidates", {"email": CANDIDATE, "first_name": "Priya", "last_name": "Raman"}, "candidate")
# By the part of a path that names a collection.
KNOWN = {
    "jobs": ids("/jobs") + make("/jobs", {"title": "Welder"}) + [open_job() for _ in range(4)],
    "candidates": ids("/candidates") + ["me"],
    "applications": ids("/applications"),
    "interview": ids("/invitations", member="interview_id"),
    "invitations": ids("/invitations"),
    "documents": ids("/documents"),
    "shortlists": ids("/shortlists"),
    "users": [administrator["user"]["id"], candidate["user"]["id"]],
    "roles": ids("/security/roles")[:1] + make("/security/roles", {"name": "Reader", "permissions": ["job:read:all"]}),
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


def unique():
    return uuid.UUID(int=CHOICE.getrandbits(128)).hex


def somebody():
    return {"email": f"{unique()}@example.com", "first_name": "Ana", "last_name": "Zamora"}


# What a candidate or an application has several of; each request gets one of its own.
WITHIN = {
    "skills": lambda: {"skill_name": unique()},
    "experience": lambda: {"company_name": unique(), "job_title": "Welder", "start_date": "2020-02-01"},
    "education": lambda: {"institution": unique()},
    "notes": lambda: {"body": "Called back."},
}
# What is made to be deleted or closed.
SPARE = {
    "organisations": lambda: {"name": unique()},
    "jobs": lambda: WELDER,
    "teams": lambda: {"name": unique()},
    "roles": lambda: {"name": unique(), "permissions": []},
    "candidates": somebody,
    "users": somebody,
    "applications": lambda: {"job_id": open_job(), "candidate_id": make("/candidates", somebody())[0]},
}


def known(collection):
    found = KNOWN.get(collection)
    return CHOICE.choice(found) if found and CHOICE.random() < 0.7 else None


def real_id(ends, collection, path):
    """An id of this collection, whose path this is, or of nothing; None for what the request has."""
    fresh = WITHIN.get(collection) or (SPARE.get(collection) if ends else None)
    if fresh is None:
        return known(collection)
    # What the request has may be needed further on.
    nothing = str(uuid.UUID(unique()))
    if CHOICE.random() > 0.7:
        return nothing
    try:
        return make(path, fresh(), "operator" if collection == "organisations" else "administrator")[0]
    except urllib.error.HTTPError:
        return nothing


def path_with_real_ids(method, template, values):
    path, found = "", dict(values)
    parts = template.removeprefix("/api/v1/").split("/")
    last = [part for part in parts if part.startswith("{")][-1]
    for part in parts:
        name = part.strip("{}")
        # What is no id on purpose stays none.
        if part.startswith("{") and is_id(values.get(name)):
            ends = part == last and (method == "DELETE" or ENDS.search(template))
            found[name] = real_id(ends, path.rpartition("/")[2], path) or values[name]
        path += "/" + str(found.get(name, part))
    return found


def etag(path, token):
    """Of the thing with this path, or of the one it is within."""
    while path.count("/") > 1:
        try:
            if tag := send("GET", path, token)[0]["etag"]:
                return tag
        except (urllib.error.HTTPError, ValueError):
            pass
        path = path.rpartition("/")[0]
    return None


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
    path = case.operation.path
    if ENDS_SESSIONS.search(path):
        token = sign_in(LEAVER)["access_token"]
    else:
        callers = ["administrator"] * 4 + ["candidate"] * 2 + ["nobody"]
        callers += ["operator"] * 7 if OF_STAFF.search(path) else ["candidate"] * 7 if OF_CANDIDATES.search(path) else []
        token = TOKENS.get(CHOICE.choice(callers))
    if case.path_parameters:
        case.path_parameters = path_with_real_ids(case.method, case.operation.path, case.path_parameters)
    case.query = with_known_ids(case.query)
    case.body = with_known_ids(case.body)
    headers = dict(case.headers or {})
    if token:
        headers["Authorization"] = "Bearer " + token
    if "Idempotency-Key" in headers and CHOICE.random() < 0.9:
        headers["Idempotency-Key"] = unique()
    if token and "If-Match" in headers and CHOICE.random() < 0.7:
        path = case.formatted_path.removeprefix("/api/v1")
        headers["If-Match"] = etag(path, token) or headers["If-Match"]
    case.headers = headers


# How far the requests came: whether one of an operation's was answered with success.
SUCCEEDED = {}


@schemathesis.hook
def after_call(context, case, response):
    # Other methods are tried on its path too.
    if case.method.lower() == case.operation.method.lower():
        operation = f"{case.method} {case.operation.path.removeprefix('/api/v1')}"
        SUCCEEDED[operation] = SUCCEEDED.get(operation, False) or response.status_code < 400


@atexit.register
def say_how_far():
    never = sorted(operation for operation, succeeded in SUCCEEDED.items() if not succeeded)
    done = len(SUCCEEDED) - len(never)
    print(f"Succeeded at least once: {done} of {len(SUCCEEDED)} operations. Never: {', '.join(never) or 'none'}.")
