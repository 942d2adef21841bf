#pragma once

#include "app/holdfast/command_line.h"
#include "tests/app/scripted_server.h"

#include <QTemporaryDir>

#include <map>
#include <sstream>
#include <string>
#include <vector>

/// One request that a command must send, and the server's answer.
struct Exchange {
    std::string request; // "PUT /v1/sys/seal"
    std::string requestBody;
    int status = 200;
    std::string answer;
};

/// Runs one command in this process against a scripted server, in an empty home directory.
struct CommandRun {
    int code = -1;
    std::string out;
    std::string err;
    std::vector<ScriptedServer::Request> requests;
};

struct CommandSetting {
    std::map<std::string, std::string> environment = {{"VAULT_TOKEN", "hvs.test"}};
    std::string in = {};
    std::string answerToQuestion = {};
    QString home = {};
};

inline CommandRun runCommand(const std::vector<std::string>& words, std::vector<ScriptedServer::Answer> answers, const CommandSetting& setting = {})
{
    QTemporaryDir home;
    ScriptedServer server{std::move(answers)};
    auto environment = setting.environment;
    environment.emplace("VAULT_ADDR", server.url());
    environment.emplace("HOME", (setting.home.isEmpty() ? home.path() : setting.home).toStdString());
    std::istringstream in{setting.in};
    std::ostringstream out, err;
    cli::Context context{
        .environment =
            [&](const char* name) {
                const auto found = environment.find(name);
                return found == environment.end() ? std::string{} : found->second;
            },
        .in = in,
        .out = out,
        .err = err,
        .outIsTerminal = false,
        .ask = [&](std::string_view) { return core::Result<core::SecretBytes>{core::SecretBytes::copyOf(setting.answerToQuestion)}; }};
    CommandRun run;
    run.code = cli::runCommandLine(words, context);
    run.requests = server.requests();
    run.out = out.str();
    run.err = err.str();
    for (auto* text : {&run.out, &run.err}) {
        for (auto at = text->find(server.url()); at != std::string::npos; at = text->find(server.url())) {
            text->replace(at, server.url().size(), "ADDR");
        }
    }
    return run;
}

/// Splits "read -format=json a/b" into words; a word in single quotes can contain blanks.
inline std::vector<std::string> wordsOf(const std::string& line)
{
    std::vector<std::string> words;
    std::string word;
    bool isQuoted = false, isInWord = false;
    for (const char c : line) {
        if (c == '\'') {
            isQuoted = !isQuoted;
            isInWord = true;
        } else if (c == ' ' && !isQuoted) {
            if (isInWord) words.push_back(std::exchange(word, {}));
            isInWord = false;
        } else {
            word += c;
            isInWord = true;
        }
    }
    if (isInWord) words.push_back(word);
    return words;
}

using Exchanges = std::vector<Exchange>;
Q_DECLARE_METATYPE(Exchanges)
