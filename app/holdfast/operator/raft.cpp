#include "app/holdfast/commands/command.h"

#include "core/base/temporary_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace cli {
namespace {

/// A file that gets its name only when it is complete.
class DraftFile {
public:
    explicit DraftFile(std::string path) : m_path{std::move(path)}
    {
        auto draft = core::TemporaryFile::create(m_path + ".");
        if (draft) {
            m_draft = std::move(*draft);
            m_descriptor = open(m_draft.path().c_str(), O_WRONLY | O_CLOEXEC);
        }
        if (m_descriptor < 0) m_failure = draft ? std::strerror(errno) : draft.error().detail;
    }
    ~DraftFile()
    {
        if (m_descriptor >= 0) close(m_descriptor);
    }
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    bool isOpen() const { return m_descriptor >= 0; }
    const std::string& failure() const { return m_failure; } // why it is not open
    bool append(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto count = write(m_descriptor, bytes.data(), bytes.size());
            if (count <= 0) return false;
            m_size += static_cast<std::size_t>(count);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    bool finish()
    {
        if (fsync(m_descriptor) != 0 || rename(m_draft.path().c_str(), m_path.c_str()) != 0) return false;
        m_draft.release();
        return true;
    }
    std::size_t size() const { return m_size; }

private:
    std::string m_path;
    core::TemporaryFile m_draft;
    std::string m_failure;
    int m_descriptor = -1;
    std::size_t m_size = 0;
};

int listPeers(Invocation& run)
{
    const auto token = run.arguments().text("dr-token");
    const std::string path = "sys/storage/raft/configuration";
    const auto secret = token.empty() ? run.client().read(path) : run.client().write(path, Json::object({{"dr_operation_token", token}}));
    if (!secret) return run.fail("Error reading the raft cluster configuration", secret.error());
    if (!*secret) return run.fail("Error reading the raft cluster configuration", {core::ErrorCode::NotFound, "no answer"});
    if (!run.output().isTable()) return run.show(**secret);
    std::vector<Row> rows{{"Node", "Address", "State", "Voter"}};
    for (const auto& server : (*secret)->data()["config"]["servers"].array()) {
        rows.push_back({server["node_id"].text(), server["address"].text(), server["leader"].isTrue() ? "leader" : "follower",
                        server["voter"].isTrue() ? "true" : "false"});
    }
    run.output().table(rows);
    return kSuccess;
}

int saveSnapshot(Invocation& run)
{
    const auto path = run.argument(0);
    DraftFile file{path};
    if (!file.isOpen()) {
        run.output().error("Error taking the snapshot: cannot write " + path + ": " + file.failure());
        return kApiError;
    }
    std::vector<std::pair<std::string, std::string>> query;
    if (run.arguments().isOn("verify")) query.emplace_back("verify", "true");
    auto response = run.client().send(
        {.path = "sys/storage/raft/snapshot", .query = std::move(query), .isWrapped = false, .download = [&](std::string_view bytes) {
             return file.append(bytes);
         }});
    if (!response) return run.fail("Error taking the snapshot", response.error());
    if (file.size() == 0) {
        run.output().error("Error taking the snapshot: the server sent nothing");
        return kApiError;
    }
    if (!file.finish()) {
        run.output().error("Error taking the snapshot: cannot write " + path + ": " + std::strerror(errno));
        return kApiError;
    }
    return kSuccess;
}

/// Prints what the server says that it has checked and kept. Vault says nothing.
int showRestored(Invocation& run, const HttpResponse& response)
{
    if (response.body.empty()) return kSuccess;
    auto body = Json::parse(response.body);
    if (!body) return run.fail("Error reading the server's answer", body.error());
    const Secret secret{std::move(*body)};
    if (!run.output().isTable()) return run.show(secret);
    const auto& data = secret.data();
    if (!data["key_count"].isNull()) {
        run.output().line("Success! The snapshot of " + data["cluster_name"].text() + ", made at " + data["created_at"].text() + ", is in place (" +
                          data["key_count"].text() + " keys; " +
                          (data["proven"].text() == "contents" ? "every value was opened and checked)." : "only its form was checked)."));
        run.output().line();
        run.output().line(wrapText(data["safety_snapshot_text"].text()));
        if (const auto undo = data["undo_command"].text(); !undo.empty()) {
            run.output().line();
            run.output().line("To restore what was here before:");
            run.output().line();
            run.output().line("    " + undo);
        }
    }
    for (const auto& step : data["steps"].array()) {
        run.output().line();
        run.output().line(wrapText(step.text()));
    }
    run.output().warnings(secret);
    return kSuccess;
}

int restoreSnapshot(Invocation& run)
{
    const auto path = run.argument(0);
    const auto& arguments = run.arguments();
    const auto shares = arguments.all("key");
    if (!shares.empty() && !arguments.isOn("force")) {
        return run.failLocally("-key needs -force. A snapshot with the present keys is checked without -key");
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        run.output().error("Error opening snapshot file: " + path + ": " + std::strerror(errno));
        return kApiError;
    }
    std::vector<std::pair<std::string, std::string>> query{{"report", "true"}};
    if (arguments.isOn("new-identity")) query.emplace_back("new_identity", "true");
    if (arguments.isOn("accept-unsigned")) query.emplace_back("accept_unsigned", "true");
    if (arguments.isOn("skip-safety-snapshot")) query.emplace_back("skip_safety_snapshot", "true");
    HeaderList headers;
    for (const auto& share : shares) headers.emplace_back("key", share);
    const auto response = run.client().send({.method = "POST",
                                             .path = arguments.isOn("force") ? "sys/storage/raft/snapshot-force" : "sys/storage/raft/snapshot",
                                             .query = std::move(query),
                                             .headers = std::move(headers),
                                             .isWrapped = false,
                                             .upload = [&](char* buffer, std::size_t size) {
                                                 file.read(buffer, static_cast<std::streamsize>(size));
                                                 return static_cast<std::size_t>(file.gcount());
                                             }});
    if (!response) return run.fail("Error installing the snapshot", response.error());
    return showRestored(run, *response);
}

} // namespace

std::vector<Command> raftCommands()
{
    return {
        {"operator raft list-peers",
         "List the nodes of the cluster",
         "",
         R"(  Lists the nodes that keep the cluster's data.

      $ holdfast operator raft list-peers
      $ holdfast operator raft list-peers -dr-token=hvs.example)",
         {{"dr-token", FlagKind::Text, "DR operation token, on a DR secondary."}},
         0,
         0,
         listPeers},
        {"operator raft snapshot save",
         "Save the cluster's contents to a file",
         "FILE",
         R"(  Saves everything that the cluster holds to a file, encrypted as it is stored. The
  file gets its name when it is complete.

      $ holdfast operator raft snapshot save backup.snap
      $ holdfast operator raft snapshot save -verify backup.snap)",
         {{"verify", FlagKind::Switch, "Restore the snapshot on trial first."}},
         1,
         1,
         saveSnapshot},
        {"operator raft snapshot restore",
         "Restore the cluster's contents from a file",
         "FILE",
         R"(  Replaces everything that the cluster holds by a snapshot. The server checks the
  snapshot first; if a check fails, nothing has changed. Then it saves its present data
  as a safety snapshot and prints the command that restores it.

      $ holdfast operator raft snapshot restore backup.snap

  A snapshot that has other unseal keys needs -force. With -key for each of these keys
  the server opens and checks every value. Without them it can check only the form,
  and warns. Afterwards these unseal keys open the cluster.

      $ holdfast operator raft snapshot restore -force -key=SHARE -key=SHARE backup.snap

  With -force the server asks the members that the snapshot names whether the primary
  of their set is alive. If it is, the restore is refused, because it would make a
  second primary; -new-identity makes a new set instead. On a performance secondary its
  own snapshot restores the local data; shared data stays as its primary has it.

  The cluster that makes a snapshot signs it. In a replication set only signatures of
  this cluster and of present members count, because former members know the unseal
  keys too. -accept-unsigned accepts any file, for example one that an older program
  made, or that this cluster made before it was restored with -force.)",
         {{"force", FlagKind::Switch, "Accept a snapshot that has other unseal keys.", "f"},
          {"key", FlagKind::Repeated, "An unseal key of the snapshot, with -force. Repeat it for each key."},
          {"new-identity", FlagKind::Switch, "Make a new replication set. The primary of the snapshot's set continues."},
          {"accept-unsigned", FlagKind::Switch, "Accept a file that no present member of the replication sets has signed."},
          {"skip-safety-snapshot", FlagKind::Switch, "Take no safety snapshot of the present data."}},
         1,
         1,
         restoreSnapshot},
    };
}

} // namespace cli
