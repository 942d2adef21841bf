#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"
#include "app/holdfast/commands/mount_list.h"

namespace cli {
namespace {

int enableAudit(Invocation& run)
{
    const auto type = std::string{trimmed(run.argument(0))};
    const auto path = withoutSlashes(run.arguments().text("path", type));
    const auto options = readKeyValues(std::span{run.arguments().positionals()}.subspan(1), run.context().in);
    if (!options) return run.failLocally("Error parsing options: " + options.error().detail);
    const auto done = run.client().write(
        "sys/audit/" + path,
        Json::object(
            {{"type", type}, {"description", run.arguments().text("description")}, {"options", *options}, {"local", run.arguments().isOn("local")}}));
    if (!done) return run.fail("Error enabling audit device", done.error());
    run.output().line("Success! Enabled the " + type + " audit device at: " + path + "/");
    return kSuccess;
}

int disableAudit(Invocation& run)
{
    const auto path = run.path();
    if (const auto done = run.client().remove("sys/audit/" + path); !done) return run.fail("Error disabling audit device", done.error());
    run.output().line("Success! Disabled audit device (if it was enabled) at: " + path + "/");
    return kSuccess;
}

int listAudits(Invocation& run)
{
    const auto audits = readMountList(run.client(), "sys/audit");
    if (!audits) return run.fail("Error listing audits", audits.error());
    if (audits->members().empty() && run.output().isTable()) {
        run.output().line("No audit devices are enabled.");
        return kApiError;
    }
    if (!run.output().isTable()) {
        run.output().data(*audits);
        return audits->members().empty() ? kApiError : kSuccess;
    }
    const bool isDetailed = run.arguments().isOn("detailed");
    std::vector<Row> rows{isDetailed ? Row{"Path", "Type", "Description", "Replication", "Options"} : Row{"Path", "Type", "Description"}};
    for (const auto& [path, audit] : audits->members()) {
        rows.push_back({path, audit["type"].text(), audit["description"].text()});
        if (!isDetailed) continue;
        std::string options;
        for (const auto& [name, value] : audit["options"].members()) {
            options.append(options.empty() ? "" : " ").append(name).append("=").append(value.toGoText());
        }
        rows.back().push_back(audit["local"].isTrue() ? "local" : "replicated");
        rows.back().push_back(options);
    }
    run.output().table(rows);
    return kSuccess;
}

} // namespace

std::vector<Command> auditCommands()
{
    return {
        {"audit enable",
         "Enable an audit device",
         "TYPE [K=V...]",
         R"(  Enables an audit device. From then on the server refuses a request that no audit
  device can record.

      $ holdfast audit enable file file_path=/var/log/holdfast-audit.log)",
         {{"path", FlagKind::Text, "Path of the device (default: the name of its type)."},
          {"description", FlagKind::Text, "Text for people."},
          {"local", FlagKind::Switch, "Do not replicate it to performance secondaries."}},
         1,
         kAnyNumber,
         enableAudit},
        {"audit disable",
         "Disable an audit device",
         "PATH",
         R"(  Disables the audit device at a path.

      $ holdfast audit disable file/)",
         {},
         1,
         1,
         disableAudit},
        {"audit list",
         "List the audit devices",
         "",
         R"(  Lists the enabled audit devices.

      $ holdfast audit list -detailed)",
         {{"detailed", FlagKind::Switch, "Show options and replication as well."}},
         0,
         0,
         listAudits},
    };
}

} // namespace cli
