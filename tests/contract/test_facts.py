"""The facts are what the wire's other tests take them for."""

from .facts import facts, fields, words


def test_each_request_says_its_call_and_its_answers() -> None:
    requests = facts()["requests"]
    assert len(requests) > 350
    for name, request in requests.items():
        verb, path = request["call"].split()
        assert verb in ("GET", "PUT", "POST", "DELETE", "HEAD"), name
        assert path.startswith("/"), name
        assert all(status.isdigit() for status in request["answers"]), name


def test_each_type_named_anywhere_is_known() -> None:
    known = {*facts()["types"], *facts()["enums"]}
    known |= {"string", "int", "long", "double", "boolean", "date", "uuid", "set", "void", ""}
    for payload in facts()["types"]:
        for name, kind in fields(payload).items():
            assert kind.split()[0].split("=")[0] in known, f"{payload} {name}"
    for name, request in facts()["requests"].items():
        parameters = {**request.get("required", {}), **request.get("optional", {})}
        assert set(parameters.values()) <= known, name


def test_a_field_says_whether_it_may_be_left_out_or_empty() -> None:
    assert fields("JobWithChunksApiBean")["Nodes/Node*"] == "NodeApiBean omit"
    assert fields("BlobApiBean")["@VersionId"] == "uuid"
    assert fields("DataPolicy")["DefaultBlobSize"] == "long nil"
    assert fields("DataPolicy")["Versioning"] == "VersioningLevel=NONE"
    assert "KEEP_LATEST" in words("VersioningLevel")


def test_an_operation_has_parameters_of_its_own() -> None:
    put = facts()["requests"]["spectrads3 CreatePutJob"]
    assert (put["call"], put["operation"]) == ("PUT /_rest_/bucket/{id}", "start_bulk_put")
    assert put["optional"]["max_upload_size"] == "long"
