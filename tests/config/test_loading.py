"""Reading the settings: precedence, and mistakes told all at once, each with its place and never with a secret."""

from pathlib import Path

import pytest

from agent.config import Configuration, load
from agent.errors import ConfigurationError, InvalidSetting

INSTANCE = "12345678-1234-1234-1234-123456789012"
NO_INSTANCE = (
    f"'nope' is no instance id; give one like {INSTANCE} "
    f"or an ARN like arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE}"
)
NO_NUMBER = "input should be a valid number, unable to parse string as a number"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str) -> Path:
    path = Path("chat-agent.toml")
    path.write_text(text, encoding="utf-8")
    return path


def _mistakes(**kwargs: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(**kwargs)  # type: ignore[arg-type]
    return str(caught.value).splitlines()


def test_without_anything_the_defaults_hold() -> None:
    """No file, no variable, no flag: the documented defaults, and no value has an origin."""
    loaded = load()
    assert loaded.settings == Configuration()
    assert loaded.origins == {}


def test_flags_win_over_environment_over_file_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer covers the ones below it, value by value, and every value remembers where it came from."""
    _file("[worker]\nmax_chats = 1\nlease = 2\ndrain_deadline = 3\n")
    monkeypatch.setenv("CHAT_AGENT_WORKER__MAX_CHATS", "10")
    monkeypatch.setenv("CHAT_AGENT_WORKER__LEASE", "20")
    loaded = load(flags={"worker": {"max_chats": 100, "lease": None}})
    worker = loaded.settings.worker
    assert (worker.max_chats, worker.lease, worker.drain_deadline, worker.crash_limit) == (100, 20, 3, 5)
    assert loaded.origins == {
        "worker.max_chats": "command line",
        "worker.lease": "environment",
        "worker.drain_deadline": "chat-agent.toml",
    }


def test_the_file_may_be_named_by_variable_or_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """``CHAT_AGENT_CONFIG`` names a file, an argument wins over it."""
    Path("one.toml").write_text("[connect]\nregion = 'one'", encoding="utf-8")
    Path("two.toml").write_text("[connect]\nregion = 'two'", encoding="utf-8")
    monkeypatch.setenv("CHAT_AGENT_CONFIG", "one.toml")
    assert load().settings.connect.region == "one"
    assert load(file=Path("two.toml")).settings.connect.region == "two"


def test_half_a_quota_keeps_the_other_half() -> None:
    """A raised rate need not repeat the burst."""
    _file("[pacing.send_message]\nrate = 50")
    quota = load().settings.pacing.send_message
    assert (quota.rate, quota.burst) == (50, 15)


def test_an_instance_arn_is_taken_apart() -> None:
    """An ARN is accepted where an id is wanted."""
    arn = f"arn:aws:connect:eu-central-1:123456789012:instance/{INSTANCE}"
    assert load(flags={"connect": {"instance": arn}}).settings.connect.instance == INSTANCE


def test_all_mistakes_are_told_at_once_each_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """One run shows every mistake: file, environment and flags alike, unknown names with what was meant."""
    _file("[connect]\nregoin = 'x'\n[stroe]\nkind = 'memory'\n[pacing.get_transcript]\nrate = -1\n")
    monkeypatch.setenv("CHAT_AGENT_WORKER__LEASE", "soon")
    monkeypatch.setenv("CHAT_AGENT_CONECT__REGION", "x")
    assert _mistakes(flags={"connect": {"instance": "nope"}}) == [
        "CHAT_AGENT_CONECT__REGION: unknown setting; did you mean CHAT_AGENT_CONNECT__…? (from the environment)",
        f"connect.instance: {NO_INSTANCE} (from command line)",
        "connect.regoin: unknown setting; did you mean region? (from chat-agent.toml)",
        "pacing.get_transcript.rate: input should be greater than 0 (from chat-agent.toml)",
        f"worker.lease: {NO_NUMBER} (from CHAT_AGENT_WORKER__LEASE)",
        "stroe: unknown setting; did you mean store? (from chat-agent.toml)",
    ]


def test_a_name_that_is_near_nothing_gets_the_list() -> None:
    """Without a near name the known ones are listed."""
    _file("[source]\nzzz = 1")
    assert _mistakes()[0].startswith("source.zzz: unknown setting; there are kind, url, queue_url, ")


def test_an_unknown_variable_near_nothing_gets_the_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for variables."""
    monkeypatch.setenv("CHAT_AGENT_ZZZ", "x")
    assert _mistakes()[0].startswith("CHAT_AGENT_ZZZ: unknown setting; sections: connect, bot,")


def test_a_variable_that_holds_a_referenced_secret_is_no_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key may live in a variable of our own prefix."""
    monkeypatch.setenv("CHAT_AGENT_KEY", "hush")
    assert "CHAT_AGENT_KEY" in _mistakes()[0]
    load(flags={"store": {"encryption_keys": ["env:CHAT_AGENT_KEY"]}})


def test_a_secret_in_the_place_of_its_reference_is_not_shown() -> None:
    """A key written into the file is refused without being quoted."""
    _file('[store]\nencryption_keys = ["tops3cret"]')
    [mistake] = _mistakes()
    assert mistake.startswith("store.encryption_keys.0: say where the secret is: env:NAME or file:/path")
    assert "tops3cret" not in mistake


@pytest.mark.parametrize("name", ["", "x" * 257])
def test_a_display_name_has_1_to_256_characters(name: str) -> None:
    """Amazon Connect's limits of DisplayName."""
    assert _mistakes(flags={"connect": {"display_name": name}})[0].startswith("connect.display_name: ")


@pytest.mark.parametrize("name", ["x", "x" * 256])
def test_a_display_name_at_its_limits_is_taken(name: str) -> None:
    """Both ends belong to it."""
    assert load(flags={"connect": {"display_name": name}}).settings.connect.display_name == name


def test_a_web_address_needs_its_scheme() -> None:
    """And loses its trailing slash."""
    assert "give an address like" in _mistakes(flags={"connect": {"endpoint_url": "127.0.0.1:80"}})[0]
    loaded = load(flags={"connect": {"endpoint_url": "http://127.0.0.1:80/"}})
    assert loaded.settings.connect.endpoint_url == "http://127.0.0.1:80"


def test_a_named_file_must_exist() -> None:
    """Only the default file may be missing."""
    with pytest.raises(InvalidSetting, match=r"the file no\.toml cannot be read \(No such file or directory\)"):
        load(file=Path("no.toml"))


def test_a_file_that_is_no_toml_says_where() -> None:
    """With line and column."""
    _file("[connect\n")
    with pytest.raises(InvalidSetting, match=r"chat-agent\.toml is no TOML: .*line 1"):
        load()


def test_a_variable_that_must_be_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one, with an example; a section is no value at all. What it holds is not shown."""
    monkeypatch.setenv("CHAT_AGENT_STORE__ENCRYPTION_KEYS", "tops3cret")
    monkeypatch.setenv("CHAT_AGENT_CONNECT__INSTANCES", "foo")
    monkeypatch.setenv("CHAT_AGENT_CONNECT__WEBSOCKET_INSTANCES", "[]")
    monkeypatch.setenv("CHAT_AGENT_BOT", "shop:bot")
    assert _mistakes() == [
        "CHAT_AGENT_BOT: is a section; set what is in it, such as CHAT_AGENT_BOT__TARGET (from the environment)",
        'CHAT_AGENT_CONNECT__INSTANCES: must be JSON; a list is written ["a", "b"] (from the environment)',
        'CHAT_AGENT_STORE__ENCRYPTION_KEYS: must be JSON; a list is written ["a", "b"] (from the environment)',
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("connect = 3", "connect: is a section; write [connect] and below it instance = …"),
        ('connect = "arn:aws:connect:x"', "connect: is a section; write [connect] and below it instance = …"),
        ("health = 24599", "health: is a section; write [health] and below it host = …"),
        ('store = "memory"', "store: is a section; write [store] and below it kind = …"),
        ("[[worker]]\nlease = 3", "worker: is a section; write [worker] and below it max_chats = …"),
        ("[store]\noptions = 3", "store.options: is a section; write [store.options] and below it name = …"),
        ("[guards.bots]\na = 3", "guards.bots.a: is a section; write [guards.bots.a] and below it line_after = …"),
        (
            "[pacing]\nsend_event = 3",
            "pacing.send_event: is a section; write [pacing.send_event] and below it rate = …",
        ),
        ('[routing]\nrules = ["a"]', "routing.rules.0: is a section; write [[routing.rules]] and below it bot = …"),
        ('[routing.rules]\nbot = "a"', "routing.rules: is a list; write [[routing.rules]] for each"),
        ('[store]\nencryption_keys = "file:/x"', 'store.encryption_keys: is a list; write ["…"]'),
    ],
)
def test_a_section_must_be_a_section_and_a_list_a_list(
    text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told with what to write, also where flags or variables that say nothing, or something else, lie above it."""
    _file(text)
    section = sentence.partition(":")[0].partition(".")[0]
    assert _mistakes() == [f"{sentence} (from chat-agent.toml)"]
    assert _mistakes(flags={section: {"kind": None, "region": None}}) == [f"{sentence} (from chat-agent.toml)"]
    monkeypatch.setenv("CHAT_AGENT_CONNECT__REGION", "eu-west-1")
    assert _mistakes() == [f"{sentence} (from chat-agent.toml)"]


def test_a_variable_is_no_section_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is JSON."""
    monkeypatch.setenv("CHAT_AGENT_WORKER", "3")
    expected = "worker: is a section; write [worker] and below it max_chats = … (from CHAT_AGENT_WORKER)"
    assert _mistakes(flags={"worker": {"max_chats": None}}) == [expected]


def test_a_plain_setting_is_no_section() -> None:
    """A table in its place is told."""
    _file("[connect.region]\nname = 'x'")
    assert _mistakes() == ["connect.region: input should be a valid string (from chat-agent.toml)"]


def test_an_unknown_setting_of_a_bot_s_guards_gets_the_list() -> None:
    """Names of bots are free, what stands below them is not."""
    _file("[guards.bots.shop]\nlineafter = 1")
    assert _mistakes()[0].startswith("guards.bots.shop.lineafter: unknown setting; did you mean line_after?")


@pytest.mark.parametrize(
    ("text", "setting", "kind"),
    [
        ('[store]\ntable = "chats"', "store.table", '[store] has kind = "dynamodb", and the kind (from default)'),
        ('[store]\nregion = "x"', "store.region", '[store] has kind = "dynamodb", and the kind (from default)'),
        ('[store]\nkind = "dynamodb"\npath = "x"', "store.path", '[store] has kind = "sqlite"'),
        ("[store.options]\na = 'b'", "store.options", "store.kind names an installed one, and the kind (from default)"),
        ('[source]\nkind = "http"\nqueue_url = "https://q"', "source.queue_url", '[source] has kind = "sqs"'),
        ('[source]\nkind = "sqs"\nsecret = "env:A"', "source.secret", '[source] has kind = "http"'),
    ],
)
def test_a_setting_of_another_kind_is_told(text: str, setting: str, kind: str) -> None:
    """It would do nothing: a table without its kind left each machine with a store of its own."""
    _file(text)
    (mistake,) = _mistakes()
    assert mistake.startswith(f"{setting}: counts only where {kind}")
    assert mistake.endswith("set that kind or leave this out (from chat-agent.toml)")


def test_a_kind_that_is_chosen_above_is_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file serves a try with another store or source; a setting that is said where the kind is must fit it."""
    _file('[store]\nkind = "dynamodb"\ntable = "chats"\n[source]\nkind = "sqs"\nqueue_url = "https://q"\n')
    assert load(flags={"store": {"kind": "memory"}, "source": {"kind": "http"}}).settings.store.kind == "memory"
    assert "store.path: counts only" in _mistakes(flags={"store": {"path": "x.db"}})[0]
    _file('[store]\nkind = "module:store"\noptions = {a = "b"}\n[source]\nqueue_url = "https://q"\n')
    assert load().settings.store.options == {"a": "b"}
    _file('[store]\npath = "x.db"\npatience = 3\n')
    monkeypatch.setenv("CHAT_AGENT_STORE__KIND", "memory")
    assert load().settings.store.kind == "memory"


ARN = f"arn:aws:connect:eu-central-1:123456789012:instance/{INSTANCE}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'[connect]\nregion = "x"\ninstance = "{ARN}"', "connect: instance is in eu-central-1 by its ARN, and region"),
        (f'[connect]\nregion = "x"\ninstances = ["{ARN}"]', "connect: instances is in eu-central-1 by its ARN"),
        (
            f'[connect]\nwebsocket_instances = ["{ARN}"]\nstreaming_instances = ["{INSTANCE}"]',
            f"connect: {INSTANCE} is in websocket_instances and in streaming_instances; take it out of one",
        ),
        ("[session]\nmerge_window = 3\nmerge_limit = 2", "session: merge_window is longer than merge_limit"),
        ("[worker]\nlease = inf", "worker.lease: input should be a finite number"),
        ("[session]\ntyping_after = nan", "session.typing_after: input should be "),
    ],
)
def test_settings_that_contradict_each_other_are_told(text: str, sentence: str) -> None:
    """Neither silently wins; and no time is endless."""
    _file(text)
    (mistake,) = _mistakes()
    assert mistake.startswith(sentence)


def test_an_instance_of_the_region_that_is_set_is_taken() -> None:
    """By its ARN; by its id it may be anywhere."""
    _file(f'[connect]\nregion = "eu-central-1"\ninstance = "{ARN}"\ninstances = ["{INSTANCE}"]')
    assert load().settings.connect.instance == INSTANCE


def test_without_a_home_the_store_is_in_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have neither HOME nor an entry in its user list."""
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert load().settings.store.path == Path("/state/chat-agent/contacts.sqlite3")
    monkeypatch.delenv("XDG_STATE_HOME")

    def homeless(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert load().settings.store.path == Path("contacts.sqlite3")


def test_what_may_be_never_is_written_never() -> None:
    """TOML has no null."""
    _file('[session]\ntyping_after = "never"\naudit_interval = 60\n')
    session = load().settings.session
    assert (session.typing_after, session.audit_interval) == (None, 60)
    _file("[session]\ntyping_after = -1\n")
    assert _mistakes()[0].startswith("session.typing_after: ")


def test_every_setting_stands_in_the_documentation() -> None:
    """Section by section."""
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    for section, field in Configuration.model_fields.items():
        _, found, rest = text.partition(f"\n## {section}\n")
        assert found, section
        about = rest.partition("\n## ")[0]
        for name in field.annotation.model_fields:  # type: ignore[union-attr]
            assert f"| `{name}` |" in about, f"{section}.{name}"


def test_a_rule_says_which_contacts_it_means() -> None:
    """At least one thing; a mistake in a rule is told with the rule's number and the names that there are."""
    _file('[[routing.rules]]\nbot = "a"\nqueue = "q"\n[[routing.rules]]\nbot = "b"\n')
    [mistake] = _mistakes()
    assert mistake.startswith("routing.rules.1: name an attribute, flow, queue or instance; what fits no rule goes to ")
    _file('[[routing.rules]]\nbot = "a"\nvalue = "gold"\n')
    assert "routing.rules.0: value needs an attribute" in _mistakes()[0]
    _file('[[routing.rules]]\nbto = "a"\nbot = "b"\nflow = "f"\n')
    assert _mistakes() == ["routing.rules.0.bto: unknown setting; did you mean bot? (from chat-agent.toml)"]
