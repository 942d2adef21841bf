#include "app/holdfast/commands/command.h"
#include "app/holdfast/operator/key_share.h"

namespace cli {
namespace {

using core::SecretBytes;

bool isRecovery(const Invocation& run)
{
    return run.arguments().text("target") == "recovery";
}

std::string basePath(const Invocation& run)
{
    return isRecovery(run) ? "sys/rekey-recovery-key" : "sys/rekey";
}

std::string_view keyName(const Invocation& run)
{
    return isRecovery(run) ? "Recovery Key" : "Unseal Key";
}

/// Prints the status of the attempt, or of the verification of its new shares.
int showStatus(Invocation& run, const Json& status, bool isVerification)
{
    auto& output = run.output();
    if (run.arguments().has("field")) return output.field(status[run.arguments().text("field")], run.arguments().text("field"));
    if (!output.isTable()) {
        output.data(status);
        return kSuccess;
    }
    const auto yes = [](const Json& value) { return std::string{value.isTrue() ? "true" : "false"}; };
    std::vector<Row> rows{{"Key", "Value"}, {"Nonce", status["nonce"].text()}, {"Started", yes(status["started"])}};
    if (isVerification) {
        rows.push_back({"New Shares", status["n"].toGoText()});
        rows.push_back({"New Threshold", status["t"].toGoText()});
        rows.push_back({"Verification Progress", status["progress"].toGoText() + "/" + status["t"].toGoText()});
    } else if (status["started"].isTrue()) {
        rows.push_back({"Rekey Progress", status["progress"].toGoText() + "/" + status["required"].toGoText()});
        rows.push_back({"New Shares", status["n"].toGoText()});
        rows.push_back({"New Threshold", status["t"].toGoText()});
        rows.push_back({"Verification Required", yes(status["verification_required"])});
        if (!status["verification_nonce"].isEmpty()) rows.push_back({"Verification Nonce", status["verification_nonce"].text()});
    }
    output.table(rows);
    return kSuccess;
}

int start(Invocation& run)
{
    const auto shares = run.arguments().number("key-shares", 5);
    const auto threshold = run.arguments().number("key-threshold", 3);
    for (const auto* number : {&shares, &threshold}) {
        if (!*number) return run.failLocally(number->error().detail);
    }
    const auto status = run.client().writeFlat(basePath(run) + "/init", Json::object({{"secret_shares", *shares},
                                                                                      {"secret_threshold", *threshold},
                                                                                      {"stored_shares", 0},
                                                                                      {"pgp_keys", nullptr},
                                                                                      {"Backup", false},
                                                                                      {"require_verification", run.arguments().isOn("verify")}}));
    if (!status) return run.fail("Error initializing rekey", status.error());
    auto& output = run.output();
    if (output.isTable()) {
        output.warning(wrapText("WARNING! The new keys are printed only once, when the last key holder gives a key. That person must hand "
                                "them out" +
                                std::string{run.arguments().isOn("verify") ? ". The present keys stay valid until a threshold of the new ones "
                                                                             "was given back with -verify."
                                                                           : ". Add -verify to keep the present keys valid until "
                                                                             "the new ones were checked."}));
    }
    return showStatus(run, *status, false);
}

int cancel(Invocation& run)
{
    const bool isVerification = run.arguments().isOn("verify");
    std::vector<std::pair<std::string, std::string>> query;
    if (const auto nonce = run.arguments().text("nonce"); !nonce.empty()) query.emplace_back("nonce", nonce);
    const auto done = run.client().remove(basePath(run) + (isVerification ? "/verify" : "/init"), std::move(query));
    if (!done) return run.fail("Error canceling rekey", done.error());
    run.output().line(isVerification ? "Success! Canceled and reset rekey verification (the rekey itself continues)"
                                     : "Success! Canceled rekeying (if it was started)");
    return kSuccess;
}

int showNewKeys(Invocation& run, const Json& status, const Json& answer)
{
    auto& output = run.output();
    if (!output.isTable()) {
        output.data(answer);
        return kSuccess;
    }
    for (int number = 1; const auto& key : answer["keys_base64"].array()) output.line("Key " + std::to_string(number++) + ": " + key.text());
    output.line("\nOperation nonce: " + answer["nonce"].text());
    const std::string what = isRecovery(run) ? "recovery keys" : "unseal keys";
    if (answer["verification_required"].isTrue()) {
        output.line("\n" + wrapText("Verification is required. The present keys stay valid until a threshold of the new ones was given back with "
                                    "\"holdfast operator rekey -verify\" and this nonce: " +
                                    answer["verification_nonce"].text()));
        return kSuccess;
    }
    output.line("\n" + wrapText("Vault " + what + " rekeyed with " + status["n"].toGoText() + " key shares and a key threshold of " +
                                status["t"].toGoText() + ". Hand them out now. The old keys are no longer valid."));
    return kSuccess;
}

int provide(Invocation& run)
{
    const bool isVerification = run.arguments().isOn("verify");
    const auto status = run.client().readFlat(basePath(run) + (isVerification ? "/verify" : "/init"));
    if (!status) return run.fail("Error getting rekey status", status.error());
    if (!(*status)["started"].isTrue()) {
        run.output().error(wrapText("No rekey is in progress. Start a rekey by running \"holdfast operator rekey -init\"."));
        return kUsageError;
    }
    const auto keyText = std::string{isVerification ? "New " : ""} + std::string{keyName(run)};
    const auto share = readKeyShare(run, *status, {.nonce = "Rekey operation nonce: ", .key = keyText});
    if (!share) return run.failLocally(share.error().detail);
    const auto answer = run.client().writeFlat(basePath(run) + (isVerification ? "/verify" : "/update"), share->toJson());
    if (!answer) return run.fail("Error posting unseal key", answer.error());
    if (!(*answer)["complete"].isTrue()) return showStatus(run, *answer, isVerification);
    if (!isVerification) return showNewKeys(run, *status, *answer);
    if (run.output().isTable()) {
        run.output().line("Success! The new keys are verified and valid from now on. The old keys are no longer valid.");
    } else {
        run.output().data(*answer);
    }
    return kSuccess;
}

int rekeyCommand(Invocation& run)
{
    const auto& arguments = run.arguments();
    const auto target = arguments.text("target");
    if (!target.empty() && target != "barrier" && target != "recovery") return run.failLocally("-target must be barrier or recovery");
    if (arguments.isOn("cancel")) return cancel(run);
    if (arguments.isOn("init")) return start(run);
    if (arguments.isOn("status")) {
        const bool isVerification = arguments.isOn("verify");
        const auto status = run.client().readFlat(basePath(run) + (isVerification ? "/verify" : "/init"));
        return status ? showStatus(run, *status, isVerification) : run.fail("Error getting rekey status", status.error());
    }
    return provide(run);
}

} // namespace

std::vector<Command> rekeyCommands()
{
    return {
        {"operator rekey",
         "Replace the key shares",
         "[KEY]",
         R"(  Makes a new root key and new shares of the unseal key; with -target=recovery, new
  shares of the recovery key. In a replication set run it on the primary: the
  secondaries get the new keys over their links. The server serves requests all the
  time, and the data is not encrypted again.

    1. -init starts an attempt and says how many new shares to make. It prints a nonce.
    2. A threshold of the present key holders each give a share with that nonce. The
       last answer prints the new shares, once.
    3. With -verify in step 1: a threshold of the new holders each give back their new
       share. Only then do the new shares replace the old ones.

      $ holdfast operator rekey -init -key-shares=5 -key-threshold=3 -verify
      $ holdfast operator rekey -nonce=b4738404-0a11-63aa
      $ holdfast operator rekey -verify -nonce=0a11b473-8404-63aa
      $ holdfast operator rekey -status)",
         {{"init", FlagKind::Switch, "Start."},
          {"key-shares", FlagKind::Number, "With -init: number of new shares (default 5).", "n"},
          {"key-threshold", FlagKind::Number, "With -init: number of shares that are needed (default 3).", "t"},
          {"verify", FlagKind::Switch, "With -init: check the new shares before they replace the old ones. Alone: give back a new share."},
          {"target", FlagKind::Text, "barrier, the unseal key (default), or recovery."},
          {"nonce", FlagKind::Text,
           "The nonce that -init, or the last share, printed. Needed with each share, and with -cancel in the first ten minutes."},
          {"cancel", FlagKind::Switch, "Stop the attempt; with -verify, only discard the new shares given back so far."},
          {"status", FlagKind::Switch, "Print the progress."}},
         0,
         1,
         rekeyCommand,
         true},
    };
}

} // namespace cli
