"""The HTTP service and its page: documents over HTTP, read in processes of their own.

    extract-server                      # http://127.0.0.1:8000, nothing to configure
    python -m extractor.server --help

One process speaks HTTP and never decodes a picture; one process an engine reads, and a hostile file that kills it costs
only its own answer. What is where:

    __main__     the command: arguments -> settings -> uvicorn
    settings     every limit and path, with its default and the reason for it
    app          the application: what is started, in which order it is stopped
    guard        what happens to every request before its route: id, host, origin, key, log line, headers
    connections  the same for a connection that sends no whole request
    intake       bodies while they arrive: memory, least rate, who makes room
    uploads      bodies taken apart, in memory only; what a file is, by its own bytes
    routes       extract, classify, schemas, engines, health; page serves the static files
    jobs_api     jobs over HTTP; jobs works through them; store keeps them in SQLite
    sealing      encryption of what is stored; keyring holds the keys, whose erasure erases the values
    openai_api   chat completions as the `openai` package sends them
    specimens    corrected readings as labelled specimens
    hosts        an engine's process, its queue, its time limit
    worker       what runs in that process; reading is what it answers with
    problems     every error as RFC 9457 problem details
    logs         structured, without personal data; metrics; keys (API keys); examples (for the OpenAPI document)
"""
