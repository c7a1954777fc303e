"""What people write for what config.yaml calls otherwise: the words of other programs and of the platforms.

Near spellings are found without this; here stand words that only mean the same.
"""

__all__ = ["meant_by"]

_MEANINGS = {
    "feed": "rss rss2 atom jsonfeed json_feed xml http https url web site website newsfeed rss_feed",
    "folder": "file files directory dir local path_folder watch drop inbox filesystem disk",
    "database": "db sql mysql mariadb postgres postgresql sqlite cms wordpress wp database_url ledger dsn",
    "telegram": "tg telegram_bot bot telegram_channel botapi",
    "x": "twitter tweet tweets x.com x_com twitter_x",
    "console": "stdout terminal print log screen debug stderr echo",
    "extract": "extractive lead textrank auto default summary first standfirst",
    "llm": "openai gpt chatgpt ai model claude ollama gemini abstractive",
    "sources": "source feeds inputs input news sites from",
    "channels": "channel outputs output targets target destinations platforms to accounts",
    "timezone": "tz time_zone zone time-zone",
    "language": "lang locale languages",
    "languages": "lang language langs locale",
    "network": "net http_client security",
    "web": "server http health listen metrics port",
    "desk": "editors newsroom editor_chat bot chat team",
    "summarizer": "summary summariser summarizers summarization summarise summarize",
    "url": "feed href link address uri feed_url site dsn connection connection_string database_url rss",
    "path": "dir directory folder file files location",
    "every": "interval poll poll_interval refresh frequency period check_every ttl minutes",
    "backfill": "initial history newest first_run max_items limit backlog",
    "full_text": "fulltext full content body scrape text",
    "rules": "filters filter rule conditions include exclude",
    "chat": "chat_id channel channel_id channel_name group group_id room target",
    "chats": "chat groups group channels chat_ids rooms",
    "topic": "thread thread_id message_thread_id topic_id",
    "token": "bot_token api_token key secret access_token auth_token apikey api_key",
    "api": "api_url base_url endpoint server host",
    "consumer_key": "api_key app_key apikey key client_id",
    "consumer_secret": "api_secret api_key_secret app_secret secret client_secret consumer_secret_key",
    "access_token": "token oauth_token user_token access_key",
    "access_token_secret": "access_secret token_secret oauth_token_secret access_key_secret",
    "approval": "approve approvals review moderation moderate needs_approval",
    "template": "format message layout text",
    "schedule": "times scheduling timing when hours",
    "quiet": "quiet_hours silent_hours night mute do_not_disturb dnd",
    "slots": "times slot hours at posting_times",
    "gap": "delay spacing min_gap wait pause interval cooldown",
    "per_day": "max_per_day daily limit daily_limit max",
    "expire": "expiry expires ttl max_age timeout",
    "pace": "rate rate_limit rates limits throttle speed",
    "budget": "cost costs money spend limit_usd",
    "month_usd": "month monthly limit limit_usd max_usd usd budget per_month",
    "people": "users members editors staff persons admins roles",
    "role": "roles right rights permission level",
    "admin": "administrator owner root superuser chief boss",
    "editor": "writer author journalist moderator edit staff",
    "viewer": "reader read guest observer readonly read-only view",
    "listen": "bind address host port addr",
    "allow_private": "private allow_local allow_localhost local allow_loopback private_addresses",
    "preset": "cms type template schema",
    "cursor": "cursor_column order_by updated_at updated column since",
    "query": "sql select statement",
    "prefix": "table_prefix tables",
    "none": "no off false never 0 disabled skip null without zero",
    "one": "1 yes true on required single once always any",
    "two": "2 both double four_eyes pair",
    "always": "yes true on 1 all",
    "never": "no false off 0 none",
    "auto": "automatic default best any smart yes true",
    "page": "full html web website whole article scrape yes true",
    "off": "no false never none 0 disabled",
    "flag": "notify tell ask warn mark alert hold",
    "ignore": "no false off none nothing skip never",
    "edit": "update change replace modify yes true",
    "reply": "answer comment respond thread",
    "repost": "delete resend redo again post new",
}
_BY_WORD: dict[str, list[str]] = {}
for _meaning, _words in _MEANINGS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_meaning)


def meant_by(word: str) -> list[str]:
    """What a word may stand for in config.yaml, the likeliest first."""
    folded = word.strip().lower()
    return _BY_WORD.get(folded) or _BY_WORD.get(folded.replace("-", "_").replace(" ", "_"), [])
