#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"
#include "app/holdfast/text/policy_format.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

/// Policies are named in lower case.
std::string policyName(const Invocation& run)
{
    auto name = std::string{trimmed(run.argument(0))};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

std::string policyPath(const std::string& name)
{
    return "sys/policies/acl/" + name;
}

int writePolicy(Invocation& run)
{
    const auto name = policyName(run);
    const auto source = run.argument(1);
    core::Result<std::string> text = source == "-" ? std::string{std::istreambuf_iterator<char>{run.context().in}, {}} : readFile(source);
    if (!text) {
        run.output().error("Error opening policy file: " + text.error().detail);
        return kApiError;
    }
    if (const auto done = run.client().write(policyPath(name), Json::object({{"policy", *text}})); !done) {
        return run.fail("Error uploading policy", done.error());
    }
    run.output().line("Success! Uploaded policy: " + name);
    return kSuccess;
}

int readPolicy(Invocation& run)
{
    const auto name = policyName(run);
    const auto secret = run.client().read(policyPath(name));
    if (!secret) return run.fail("Error reading policy named " + name, secret.error());
    if (!*secret) {
        run.output().error("No policy named: " + name);
        return kApiError;
    }
    const auto& text = (*secret)->data()["policy"].text();
    if (run.arguments().has("field")) return run.output().field((*secret)->data()[run.arguments().text("field")], run.arguments().text("field"));
    if (run.output().isTable()) {
        run.output().line(trimmed(text));
    } else {
        run.output().data(Json::object({{"policy", text}}));
    }
    return kSuccess;
}

int listPolicies(Invocation& run)
{
    const auto secret = run.client().list("sys/policies/acl");
    if (!secret) return run.fail("Error listing policies", secret.error());
    const auto keys = *secret ? (*secret)->data()["keys"] : Json{Json::Array{}};
    if (!run.output().isTable()) {
        run.output().data(keys);
        return kSuccess;
    }
    for (const auto& key : keys.array()) run.output().line(key.text());
    return kSuccess;
}

int deletePolicy(Invocation& run)
{
    const auto name = policyName(run);
    if (const auto done = run.client().remove(policyPath(name)); !done) return run.fail("Error deleting " + name, done.error());
    run.output().line("Success! Deleted policy: " + name);
    return kSuccess;
}

int formatPolicy(Invocation& run)
{
    const auto path = run.argument(0);
    const auto text = readFile(path);
    if (!text) return run.failLocally("Error reading source file: " + text.error().detail);
    const auto formatted = formatPolicyText(*text);
    if (!formatted) return run.failLocally("Failed to parse policy: " + formatted.error().detail);
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << *formatted << std::flush;
    if (!file) return run.failLocally("Error writing result: " + path);
    run.output().line("Success! Formatted policy: " + path);
    return kSuccess;
}

} // namespace

std::vector<Command> policyCommands()
{
    return {
        {"policy write",
         "Upload a policy from a file",
         "NAME PATH",
         R"(  Uploads a policy, from a file or, with "-", from standard input.

      $ holdfast policy write my-policy my-policy.hcl
      $ cat my-policy.hcl | holdfast policy write my-policy -)",
         {},
         2,
         2,
         writePolicy},
        {"policy read",
         "Print a policy",
         "NAME",
         R"(  Prints the text of a policy.

      $ holdfast policy read my-policy)",
         {},
         1,
         1,
         readPolicy,
         true},
        {"policy list",
         "List the policies",
         "",
         R"(  Lists the names of all policies.

      $ holdfast policy list
      $ holdfast policy list -format=json)",
         {},
         0,
         0,
         listPolicies},
        {"policy delete",
         "Delete a policy",
         "NAME",
         R"(  Deletes a policy. Tokens that have it lose its rights at once.

      $ holdfast policy delete my-policy)",
         {},
         1,
         1,
         deletePolicy},
        {"policy fmt",
         "Format a policy file",
         "PATH",
         R"(  Rewrites a policy file with regular indents and spaces. Needs no server.

      $ holdfast policy fmt my-policy.hcl)",
         {},
         1,
         1,
         formatPolicy,
         false,
         [](const Arguments&) { return false; }},
    };
}

} // namespace cli
