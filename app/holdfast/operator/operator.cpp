#include "app/holdfast/commands/seal_status.h"

namespace cli {
namespace {

using core::SecretBytes;

int showInitStatus(Invocation& run)
{
    const auto status = run.client().readFlat("sys/init");
    if (!status) {
        run.fail("Error checking init status", status.error());
        return status.error().code == core::ErrorCode::Cancelled
                   ? kSuccess
                   : kUsageError; // Cancelled: -output-curl-string printed the request. 1, because 2 means "not initialized" here
    }
    const bool isInitialized = (*status)["initialized"].isTrue();
    if (run.output().isTable()) {
        run.output().line(isInitialized ? "Vault is initialized" : "Vault is not initialized");
    } else {
        run.output().data(Json::object({{"initialized", isInitialized}}));
    }
    return isInitialized ? kSuccess : kApiError;
}

Json machineInit(const Json& answer, int shares, int threshold, int recoveryShares, int recoveryThreshold)
{
    const auto list = [&](std::string_view name) { return answer[name].isNull() ? Json{Json::Array{}} : answer[name]; };
    const bool hasKeys = !answer["keys"].array().empty(); // empty: with an HSM there are no unseal keys
    const bool hasRecovery = !answer["recovery_keys"].array().empty();
    return Json::object({{"unseal_keys_b64", list("keys_base64")},
                         {"unseal_keys_hex", list("keys")},
                         {"unseal_shares", hasKeys ? shares : 1},
                         {"unseal_threshold", hasKeys ? threshold : 1},
                         {"recovery_keys_b64", list("recovery_keys_base64")},
                         {"recovery_keys_hex", list("recovery_keys")},
                         {"recovery_keys_shares", hasRecovery ? recoveryShares : 0},
                         {"recovery_keys_threshold", hasRecovery ? recoveryThreshold : 0},
                         {"root_token", answer["root_token"]}});
}

void printKeys(Output& output, std::string_view title, const Json& base64, const Json& hex)
{
    const auto& keys = base64.array().size() == hex.array().size() ? base64 : hex;
    for (int number = 1; const auto& key : keys.array()) output.line(std::string{title} + " Key " + std::to_string(number++) + ": " + key.text());
}

int initCommand(Invocation& run)
{
    if (run.arguments().isOn("status")) return showInitStatus(run);
    const auto shares = run.arguments().number("key-shares", 5);
    const auto threshold = run.arguments().number("key-threshold", 3);
    const auto recoveryShares = run.arguments().number("recovery-shares", 5);
    const auto recoveryThreshold = run.arguments().number("recovery-threshold", 3);
    for (const auto* number : {&shares, &threshold, &recoveryShares, &recoveryThreshold}) {
        if (!*number) return run.failLocally(number->error().detail);
    }
    const auto answer = run.client().writeFlat("sys/init", Json::object({{"secret_shares", *shares},
                                                                         {"secret_threshold", *threshold},
                                                                         {"stored_shares", 0},
                                                                         {"pgp_keys", nullptr},
                                                                         {"recovery_shares", *recoveryShares},
                                                                         {"recovery_threshold", *recoveryThreshold},
                                                                         {"recovery_pgp_keys", nullptr},
                                                                         {"root_token_pgp_key", ""}}));
    if (!answer) return run.fail("Error initializing", answer.error());
    auto& output = run.output();
    if (!output.isTable()) {
        output.data(machineInit(*answer, *shares, *threshold, *recoveryShares, *recoveryThreshold));
        return kSuccess;
    }
    printKeys(output, "Unseal", (*answer)["keys_base64"], (*answer)["keys"]);
    printKeys(output, "Recovery", (*answer)["recovery_keys_base64"], (*answer)["recovery_keys"]);
    output.line("\nInitial Root Token: " + (*answer)["root_token"].text() + "\n");
    if ((*answer)["keys"].array().empty()) {
        output.line("Success! Vault is initialized");
        return kSuccess;
    }
    const auto needed = std::to_string(*threshold);
    output.line(wrapText("Vault initialized with " + std::to_string(*shares) + " key shares and a key threshold of " + needed +
                         ". Please securely distribute the key shares printed above. When the Vault is re-sealed, restarted, or stopped, you "
                         "must supply at least " +
                         needed + " of these keys to unseal it before it can start servicing requests."));
    output.line("\n" + wrapText("Vault does not store the generated root key. Without at least " + needed +
                                " keys to reconstruct the root key, Vault will remain permanently sealed!"));
    return kSuccess;
}

int unsealCommand(Invocation& run)
{
    Json body;
    if (run.arguments().isOn("reset")) {
        body = Json::object({{"reset", true}});
    } else {
        const auto word = run.argument(0);
        auto key = word == "-"    ? core::Result<SecretBytes>{readSecret(run.context().in)}
                   : word.empty() ? run.ask("Unseal Key (will be hidden): ")
                                  : core::Result<SecretBytes>{SecretBytes::copyOf(word)};
        if (!key) return run.failLocally("An error occurred attempting to ask for an unseal key: " + key.error().detail);
        body = Json::object({{"key", trimmed(key->view())}, {"reset", false}, {"migrate", run.arguments().isOn("migrate")}});
    }
    const auto status = run.client().writeFlat("sys/unseal", body);
    if (!status) return run.fail(run.arguments().isOn("reset") ? "Error resetting unseal process" : "Error unsealing", status.error());
    return showSealStatus(run, *status);
}

int sealCommand(Invocation& run)
{
    if (const auto done = run.client().write("sys/seal", Json{}); !done) return run.fail("Error sealing", done.error());
    run.output().line("Success! Vault is sealed.");
    return kSuccess;
}

int stepDownCommand(Invocation& run)
{
    if (const auto done = run.client().write("sys/step-down", Json{}); !done) return run.fail("Error stepping down", done.error());
    run.output().line("Success! Stepped down: " + run.client().address());
    return kSuccess;
}

int showKeyStatus(Invocation& run)
{
    const auto secret = run.client().read("sys/key-status");
    if (!secret) return run.fail("Error reading key status", secret.error());
    const auto& data = *secret && !(*secret)->data().isNull() ? (*secret)->data() : *secret ? (*secret)->body : Json{};
    if (!run.output().isTable()) {
        run.output().data(data);
        return kSuccess;
    }
    std::vector<Row> rows{{"Key Term", data["term"].toGoText()}, {"Install Time", data["install_time"].text()}};
    if (data.has("encryptions")) rows.push_back({"Encryption Count", data["encryptions"].toGoText()});
    run.output().columns(rows);
    return kSuccess;
}

int rotateCommand(Invocation& run)
{
    if (const auto done = run.client().write("sys/rotate", Json{}, "POST"); !done) return run.fail("Error rotating key", done.error());
    if (run.output().isTable()) run.output().line("Success! Rotated key\n");
    return showKeyStatus(run);
}

} // namespace

std::vector<Command> operatorCommands()
{
    return {
        {"operator init",
         "Initialize a new server",
         "",
         R"(  Makes the keys of a new server. Prints the key shares (with an HSM the recovery
  shares) and the first root token. They are shown only once. With -status the exit
  code is 0 if the server is initialized, 2 if it is not, and 1 if it did not answer.

      $ holdfast operator init
      $ holdfast operator init -key-shares=3 -key-threshold=2 -format=json
      $ holdfast operator init -status)",
         {{"key-shares", FlagKind::Number, "Number of shares of the unseal key (default 5).", "n"},
          {"key-threshold", FlagKind::Number, "Number of shares that unseal the server (default 3).", "t"},
          {"recovery-shares", FlagKind::Number, "Number of shares of the recovery key, if the seal has one (default 5)."},
          {"recovery-threshold", FlagKind::Number, "Number of recovery shares that authorise an operation (default 3)."},
          {"status", FlagKind::Switch, "Only print whether the server is initialized."}},
         0,
         0,
         initCommand},
        {"operator unseal",
         "Unseal a server with a key share",
         "[KEY]",
         R"(  Gives the server one share of the unseal key. Without an argument the command asks
  for the share on the terminal; "-" reads it from standard input, for example
  from a file. So the share does not get into the shell's history.

      $ holdfast operator unseal
      $ holdfast operator unseal -reset)",
         {{"reset", FlagKind::Switch, "Discard the shares given so far."},
          {"migrate", FlagKind::Switch, "This share authorises the move to the seal in the configuration."}},
         0,
         1,
         unsealCommand},
        {"operator seal",
         "Seal a server",
         "",
         R"(  Seals the server. The server removes its keys from memory. Until it is unsealed
  it answers only calls for its status and for unsealing.

      $ holdfast operator seal)",
         {},
         0,
         0,
         sealCommand},
        {"operator step-down",
         "Make the active node step down",
         "",
         R"(  Has no effect on a cluster of one node. It exists for scripts written for Vault.

      $ holdfast operator step-down)",
         {},
         0,
         0,
         stepDownCommand},
        {"operator rotate",
         "Rotate the encryption key",
         "",
         R"(  Adds a new key (a term) to the keyring. Data of earlier terms stays readable.

      $ holdfast operator rotate)",
         {},
         0,
         0,
         rotateCommand},
        {"operator key-status",
         "Show the encryption key's term",
         "",
         R"(  Shows the newest term of the keyring, when it was made, and how many values it
  has encrypted.

      $ holdfast operator key-status)",
         {},
         0,
         0,
         showKeyStatus},
    };
}

} // namespace cli
