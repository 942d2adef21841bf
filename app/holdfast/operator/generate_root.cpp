#include "app/holdfast/commands/command.h"
#include "app/holdfast/operator/key_share.h"

#include "core/base/encoding.h"
#include "core/base/random.h"

namespace cli {
namespace {

using core::SecretBytes;

/// The endpoints of a root token, or of a DR operation token.
std::string basePath(const Invocation& run)
{
    return run.arguments().isOn("dr-token") ? "sys/replication/dr/secondary/generate-operation-token" : "sys/generate-root";
}

int showProgress(Invocation& run, const Json& status)
{
    auto& output = run.output();
    if (run.arguments().has("field")) return output.field(status[run.arguments().text("field")], run.arguments().text("field"));
    if (!output.isTable()) {
        output.data(status);
        return kSuccess;
    }
    std::vector<Row> rows{{"Nonce", status["nonce"].text()},
                          {"Started", status["started"].isTrue() ? "true" : "false"},
                          {"Progress", status["progress"].toGoText() + "/" + status["required"].toGoText()},
                          {"Complete", status["complete"].isTrue() ? "true" : "false"}};
    if (!status["pgp_fingerprint"].isEmpty()) rows.push_back({"PGP Fingerprint", status["pgp_fingerprint"].text()});
    if (!status["encoded_token"].isEmpty()) {
        rows.push_back({"Encoded Token", status["encoded_token"].text()});
    } else if (!status["encoded_root_token"].isEmpty()) {
        rows.push_back({"Encoded Root Token", status["encoded_root_token"].text()});
    }
    if (!status["otp"].isEmpty()) {
        output.warning(wrapText("A One-Time-Password has been generated for you and is shown in the OTP field. You will need this value to decode "
                                "the resulting root token, so keep it safe."));
        rows.push_back({"OTP", status["otp"].text()});
    }
    if (!status["otp_length"].isEmpty()) rows.push_back({"OTP Length", status["otp_length"].toGoText()});
    output.columns(rows);
    return kSuccess;
}

int startAttempt(Invocation& run)
{
    const auto status = run.client().writeFlat(basePath(run) + "/attempt", Json::object({{"otp", run.arguments().text("otp")}, {"pgp_key", ""}}));
    if (!status) return run.fail("Error initializing root generation", status.error());
    return showProgress(run, *status);
}

int cancelAttempt(Invocation& run)
{
    const auto done = run.client().remove(basePath(run) + "/attempt");
    if (!done) return run.fail("Error canceling root token generation", done.error());
    run.output().line("Success! Root token generation canceled (if it was started)");
    return kSuccess;
}

int generateOtp(Invocation& run)
{
    const auto status = run.client().readFlat(basePath(run) + "/attempt");
    if (!status) return run.fail("Error getting root generation status", status.error());
    const auto length = (*status)["otp_length"].integer();
    core::OsRandom random;
    const auto otp = length > 0 && length < 1024 ? random.base62(static_cast<std::size_t>(length)) : core::toBase64(random.bytes(16));
    if (run.output().isTable()) {
        run.output().raw(otp);
    } else {
        run.output().data(Json::object({{"otp", otp}, {"otp_length", static_cast<int>(otp.size())}}));
    }
    return kSuccess;
}

/// Decodes the token of a finished attempt. Calls no server: after a disaster there may be none.
int decodeToken(Invocation& run)
{
    const auto otp = run.arguments().text("otp");
    if (otp.empty()) return run.failLocally("Missing otp: use -otp to supply it");
    const auto encoded = core::fromBase64(trimmed(run.arguments().text("decode")));
    if (!encoded) return run.failLocally("Error decoding base64'd token: " + encoded.error().detail);
    if (encoded->size() != otp.size()) {
        return run.failLocally("Error xoring token: length of byte slices is not equivalent: " + std::to_string(encoded->size()) +
                               " != " + std::to_string(otp.size()));
    }
    SecretBytes token{otp.size()};
    for (std::size_t at = 0; at < otp.size(); ++at) token.data()[at] = static_cast<unsigned char>((*encoded)[at] ^ otp[at]);
    if (run.output().isTable()) {
        run.output().raw(token.view());
    } else {
        run.output().data(Json::object({{"token", token.view()}}));
    }
    return kSuccess;
}

int provideShare(Invocation& run)
{
    const auto status = run.client().readFlat(basePath(run) + "/attempt");
    if (!status) return run.fail("Error getting root generation status", status.error());
    if (!(*status)["started"].isTrue()) {
        run.output().error(wrapText("No root generation is in progress. Start a root generation by running \"holdfast operator generate-root " +
                                    std::string{run.arguments().isOn("dr-token") ? "-dr-token " : ""} + "-init\"."));
        run.output().warning(wrapText("If starting root generation using the OTP method and generating your own OTP, the length of the OTP string "
                                      "needs to be " +
                                      (*status)["otp_length"].toGoText() + " characters in length."));
        return kUsageError;
    }
    const auto share = readKeyShare(run, *status, {.key = "Unseal Key"});
    if (!share) return run.failLocally(share.error().detail);
    const auto next = run.client().writeFlat(basePath(run) + "/update", share->toJson());
    if (!next) return run.fail("Error posting unseal key", next.error());
    return showProgress(run, *next);
}

int generateRootCommand(Invocation& run)
{
    const auto& arguments = run.arguments();
    if (arguments.isOn("generate-otp")) return generateOtp(run);
    if (!arguments.text("decode").empty()) return decodeToken(run);
    if (arguments.isOn("cancel")) return cancelAttempt(run);
    if (arguments.isOn("init")) return startAttempt(run);
    if (arguments.isOn("status")) {
        const auto status = run.client().readFlat(basePath(run) + "/attempt");
        return status ? showProgress(run, *status) : run.fail("Error getting root generation status", status.error());
    }
    return provideShare(run);
}

} // namespace

std::vector<Command> generateRootCommands()
{
    return {
        {"operator generate-root",
         "Make a root token or a DR operation token with key shares",
         "[KEY]",
         R"(  Makes a new root token. A threshold of key holders must each give a key share. With
  -dr-token it makes the token that promotes a DR secondary or changes its primary.

    1. -init starts an attempt. It prints a nonce and a one-time password.
    2. Each key holder gives one share with that nonce. The last answer has the
       encoded token.
    3. -decode and the one-time password give the token. This needs no server.

      $ holdfast operator generate-root -dr-token -init
      $ holdfast operator generate-root -dr-token -nonce=b4738404-0a11-63aa
      $ holdfast operator generate-root -dr-token -decode="djw4BR1i" -otp="EYHAkPQY")",
         {{"dr-token", FlagKind::Switch, "Make a DR operation token, on a DR secondary."},
          {"init", FlagKind::Switch, "Start."},
          {"cancel", FlagKind::Switch, "Stop the attempt and discard its shares."},
          {"status", FlagKind::Switch, "Print the progress."},
          {"decode", FlagKind::Text, "The encoded token to decode, with -otp."},
          {"otp", FlagKind::Text, "One-time password, for -init or -decode."},
          {"nonce", FlagKind::Text, "The nonce that -init printed. Needed with each share."},
          {"generate-otp", FlagKind::Switch, "Print a new one-time password for -init."}},
         0,
         1,
         generateRootCommand,
         true},
    };
}

} // namespace cli
