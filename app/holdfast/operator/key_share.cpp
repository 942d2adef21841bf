#include "app/holdfast/operator/key_share.h"

namespace cli {
namespace {

constexpr const char* kEmptyAnswer = "The server's answer is empty. Look with -status whether the call had an effect.";

core::Result<core::SecretBytes> readKey(Invocation& run, const std::string& prompt)
{
    const auto word = run.argument(0);
    if (word == "-") return readSecret(run.context().in);
    if (word.empty()) return run.ask(prompt);
    return core::SecretBytes::copyOf(word);
}

int cancel(Invocation& run, const ShareAttempt& attempt)
{
    const auto done = run.client().remove(attempt.path + "/attempt");
    if (!done) return run.fail("Error cancelling the attempt", done.error());
    run.output().success("The key shares given so far are discarded.");
    return kSuccess;
}

} // namespace

Json KeyShare::toJson() const
{
    return Json::object({{"key", trimmed(key.view())}, {"nonce", nonce}});
}

core::Result<KeyShare> readKeyShare(Invocation& run, const Json& attempt, const SharePrompt& prompt)
{
    KeyShare share;
    share.nonce = run.argument(0).empty() ? attempt["nonce"].text() : run.arguments().text("nonce");
    auto key = readKey(run, std::string{prompt.nonce} + share.nonce + "\n" + std::string{prompt.key} + " (will be hidden): ");
    if (!key) return std::move(key).error().withContext("The key share could not be read");
    if (share.nonce.empty()) return core::Error{core::ErrorCode::InvalidArgument, "Missing nonce value: specify it via the -nonce flag"};
    share.key = std::move(*key);
    return share;
}

std::vector<Flag> shareFlags()
{
    return {{"init", FlagKind::Switch, "Start an attempt, and print its nonce."},
            {"cancel", FlagKind::Switch, "Stop the attempt and discard its shares."},
            {"status", FlagKind::Switch, "Print the progress."},
            {"nonce", FlagKind::Text, "The nonce that -init printed. Needed with a share from the command line or standard input."}};
}

int runShareAttempt(Invocation& run, const ShareAttempt& attempt)
{
    const auto& arguments = run.arguments();
    if (arguments.isOn("cancel")) return cancel(run, attempt);
    const auto path = attempt.path + "/attempt";
    const auto status = arguments.isOn("init") ? run.client().write(path, Json::object({})) : run.client().read(path);
    if (!status) return run.fail(arguments.isOn("init") ? "Error starting the attempt" : "Error reading the progress of the attempt", status.error());
    if (!*status) return run.failLocally(kEmptyAnswer);
    const Json& progress = (**status).data();
    if (arguments.isOn("init") || arguments.isOn("status")) return attempt.show(run, progress);
    if (!progress["started"].isTrue()) return run.failLocally("No attempt is in progress. Start one with: " + attempt.startCommand);
    const auto share = readKeyShare(run, progress);
    if (!share) return run.failLocally(share.error().detail);
    const auto next = run.client().write(attempt.path + "/update", share->toJson());
    if (!next) return run.fail("Error giving the key share", next.error());
    return *next ? attempt.show(run, (**next).data()) : run.failLocally(kEmptyAnswer);
}

int showAttempt(Invocation& run, const Json& progress, const std::vector<Row>& more)
{
    if (!run.output().isTable()) {
        run.output().data(progress);
        return kSuccess;
    }
    std::vector<Row> rows;
    if (!progress["nonce"].isEmpty()) rows.push_back({"Nonce", progress["nonce"].text()});
    rows.push_back({"Progress", progress["progress"].toGoText() + "/" + progress["required"].toGoText()});
    rows.push_back({"Complete", progress["complete"].isTrue() ? "true" : "false"});
    rows.insert(rows.end(), more.begin(), more.end());
    run.output().columns(rows);
    return kSuccess;
}

} // namespace cli
