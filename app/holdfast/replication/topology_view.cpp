#include "app/holdfast/replication/topology_view.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <functional>
#include <map>
#include <set>

namespace cli {
namespace {

using Cluster = Topology::Cluster;
using Link = Topology::Link;

constexpr std::string_view kTypes[] = {"performance", "dr"};
constexpr std::size_t kClustersMax = 1000; // a bound, because other clusters name the addresses

std::string withoutSlash(std::string text)
{
    while (text.ends_with('/')) text.pop_back();
    return text;
}

/// The last line of an error: there are the server's own words, without the call. The address is shown elsewhere.
std::string inOneLine(std::string_view text)
{
    const auto end = text.find_last_not_of(" \t\n");
    text = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
    text.remove_prefix(text.find_last_of('\n') + 1); // npos + 1 is 0
    text.remove_prefix(std::min(text.find_first_not_of("\t *"), text.size()));
    if (const auto call = text.find("\": "); text.starts_with("Get \"") && call != std::string_view::npos) text.remove_prefix(call + 3);
    return text.empty() ? "no answer" : std::string{text};
}

std::vector<std::string> addressesTold(const ClusterReport& report)
{
    std::vector<std::string> out;
    for (const auto type : kTypes) {
        const auto& status = report.replication[type];
        if (const auto& successor = status["replaced_by"]["api_address"]; !successor.isEmpty()) out.push_back(withoutSlash(successor.text()));
        for (const auto* peers : {&status["primaries"], &status["secondaries"], &status["relay"]["secondaries"]}) {
            for (const auto& peer : peers->array()) {
                if (!peer["api_address"].isEmpty()) out.push_back(withoutSlash(peer["api_address"].text()));
            }
        }
    }
    return out;
}

/// Milliseconds as "0.66"; empty if the value is no number.
std::string secondsOf(const Json& milliseconds)
{
    const auto& text = milliseconds.text();
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || text.size() > 15) return {};
    const auto value = milliseconds.integer();
    auto out = std::to_string(value / 1000) + "." + std::to_string(value % 1000 + 1000).substr(1);
    out.erase(out.find_last_not_of('0') + 1);
    if (out.ends_with('.')) out.pop_back();
    return out;
}

/// The program's version. In `1.15.0+holdfast.0.2.0` the first part is the version of the API. Another server has no second part.
std::string programOf(const Json& health)
{
    constexpr std::string_view kMark = "+holdfast.";
    const auto& version = health["version"].text();
    const auto at = version.find(kMark);
    return at == std::string::npos ? std::string{} : inOneLine(std::string_view{version}.substr(at + kMark.size()));
}

/// Whether `candidate` is the secondary of `type` that `primary` knows as `id` at `address`.
bool isSecondary(const Cluster& candidate, const Cluster& primary, std::string_view type, std::string_view id, std::string_view address)
{
    if (candidate.report.replication.isNull()) return !address.empty() && candidate.address == address; // sealed, or gives no answer
    const auto& status = candidate.status(type);
    if (status["mode"].text() != "secondary" && status["mode"].text() != "bootstrapping") return false;
    return status["secondary_id"].text() == id && status["cluster_id"].text() == primary.status(type)["cluster_id"].text();
}

void addLag(Link& link, const Json& primary, const Json& secondary)
{
    const auto& newest = primary[link.type == "dr" ? "last_dr_wal" : "last_performance_wal"];
    const bool hasSameRoot = !primary["merkle_root"].isEmpty() && primary["merkle_root"].text() == secondary["merkle_root"].text();
    if (hasSameRoot) {
        link.lagEntries = 0;
    } else if (newest.isNumber() && !secondary["last_remote_wal"].isEmpty()) {
        link.lagEntries = std::max<std::int64_t>(0, newest.integer() - secondary["last_remote_wal"].integer());
    }
}

std::vector<Link> linksBelow(const std::vector<Cluster>& clusters, std::size_t primary, std::string_view type)
{
    std::vector<Link> out;
    const auto& role = clusters[primary].status(type);
    if (role["mode"].text() != "primary" && !role["relay"]["enabled"].isTrue()) return out;
    const auto& status = role["mode"].text() == "primary" ? role : role["relay"]; // a relay's has the same fields
    std::set<std::string> seen;
    const auto add = [&](const std::string& id, const Json& peer) {
        if (!seen.insert(id).second) return;
        Link link;
        link.type = type;
        link.primary = primary;
        link.secondaryId = id;
        link.connection = peer.isNull() ? "never connected" : peer["connection_status"].text();
        if (link.connection == "connected") {
            link.lagSeconds = secondsOf(peer["replication_primary_canary_age_ms"]);
        } else if (link.connection == "disconnected") { // its last values are out of date: only their age is known
            link.lastHeard = peer["last_heartbeat"].text();
            const auto age = secondsOf(peer["last_heartbeat_duration_ms"]);
            link.heardAgo = age.substr(0, age.find('.'));
        }
        link.program = peer["program_version"].text();
        link.isProgramOlder = peer["is_program_older"].isTrue();
        const auto address = withoutSlash(peer["api_address"].text());
        for (std::size_t at = 0; at < clusters.size(); ++at) {
            if (at == primary || !isSecondary(clusters[at], clusters[primary], type, id, address)) continue;
            const auto& own = clusters[at].status(type);
            link.secondary = at;
            link.state = own["mode"].text() == "bootstrapping" ? "bootstrapping" : own["state"].text();
            addLag(link, status, own);
            break;
        }
        out.push_back(std::move(link));
    };
    for (const auto& peer : status["secondaries"].array()) add(peer["node_id"].text(), peer);
    for (const auto& id : status["known_secondaries"].array()) add(id.text(), Json{});
    return out;
}

std::vector<Topology::Split> findSplits(const std::vector<Cluster>& clusters)
{
    std::vector<Topology::Split> out;
    for (const auto type : kTypes) {
        std::map<std::string, std::vector<std::size_t>> primaries; // by the id of the set
        for (std::size_t at = 0; at < clusters.size(); ++at) {
            const auto& status = clusters[at].status(type);
            if (status["mode"].text() == "primary" && status["replaced_by"].isNull() && !status["cluster_id"].isEmpty())
                primaries[status["cluster_id"].text()].push_back(at);
        }
        for (auto& [set, members] : primaries) {
            if (members.size() < 2) continue;
            const auto epochOf = [&](std::size_t at) { return clusters[at].status(type)["epoch"].integer(); };
            std::ranges::stable_sort(members, std::ranges::greater{}, epochOf);
            const bool hasLatest = epochOf(members[0]) > epochOf(members[1]);
            out.push_back({std::string{type}, std::move(members), hasLatest});
        }
    }
    return out;
}

std::vector<Topology::Replaced> findReplaced(const std::vector<Cluster>& clusters)
{
    std::vector<Topology::Replaced> out;
    for (const auto type : kTypes) {
        for (std::size_t at = 0; at < clusters.size(); ++at) {
            const auto& by = clusters[at].status(type)["replaced_by"];
            if (by.isNull()) continue;
            const auto& name = by["cluster_name"].text();
            out.push_back({std::string{type}, at, inOneLine(name.empty() ? by["cluster_id"].text() : name),
                           by["api_address"].isEmpty() ? std::string{} : inOneLine(by["api_address"].text()), by["epoch"].integer()});
        }
    }
    return out;
}

/// The command that makes a primary stop being one. It will be copied into a shell, and addresses are what others say.
std::string demoteCommand(const Cluster& cluster, std::string_view type)
{
    const bool isPlain = std::ranges::all_of(cluster.address, [](unsigned char c) { return std::isalnum(c) || std::strchr(".:/-_[]", c); });
    return "holdfast write -f " + (isPlain ? "-address=" + cluster.address + " " : std::string{}) + "sys/replication/" + std::string{type} +
           "/primary/demote";
}

std::string roleOf(const Cluster& cluster, std::string_view type)
{
    const auto& mode = cluster.status(type)["mode"].text();
    if (mode.empty() || mode == "disabled" || mode == "unsupported") return {};
    return std::string{type == "dr" ? "DR " : "performance "} + mode;
}

std::string describe(const Cluster& cluster)
{
    std::string out = cluster.name;
    if (cluster.name != cluster.address) out.append("  ").append(cluster.address);
    if (!cluster.isReachable()) return out.append("  NOT REACHABLE: ").append(cluster.error);
    const auto& health = cluster.report.health;
    if (!health["initialized"].isTrue()) return out.append("  NOT INITIALIZED");
    if (health["sealed"].isTrue()) return out.append("  SEALED");
    std::string roles;
    for (const auto type : kTypes) {
        const auto role = roleOf(cluster, type);
        if (role.empty()) continue;
        roles.append(roles.empty() ? "  " : ", ").append(role);
        const bool isReplaced = !cluster.status(type)["replaced_by"].isNull();
        const bool isOlder = !isReplaced && !cluster.status(type)["older_storage"].isNull();
        const auto state = isReplaced ? std::string{"REPLACED"} : isOlder ? std::string{"OLDER STORAGE"} : cluster.status(type)["state"].text();
        if (!state.empty()) roles.append(" (").append(state).append(")");
    }
    out.append(roles.empty() ? "  no replication" : roles);
    if (!cluster.program.empty()) out.append("  Holdfast ").append(cluster.program);
    for (const auto& conflict : cluster.status("performance")["mount_conflicts"].array()) {
        out.append("  MOUNT CONFLICT: local ").append(inOneLine(conflict.text()));
    }
    for (const auto type : kTypes) { // both types are on one disk, so the first one says it
        const auto& cause = cluster.status(type)["older_storage"]["cause"].text();
        if (cause.empty()) continue;
        out.append("  WARNING: ").append(inOneLine(cause));
        break;
    }
    if (const auto& two = health["two_primaries"].text(); !two.empty()) out.append("  WARNING: ").append(inOneLine(two));
    const auto& blocked = health["audit_failure"].text();
    return blocked.empty() ? out : out.append("  SERVES NOTHING: no audit device takes entries (").append(inOneLine(blocked)).append(")");
}

std::string describe(const Link& link)
{
    std::string out = link.type == "dr" ? "disaster recovery" : "performance";
    if (link.secondary) out.append(" (id ").append(link.secondaryId).append(")"); // otherwise it takes the place of the name
    if (link.isBroken())
        out.append(", ").append(link.connection == "connected" ? "IDLE" : link.connection == "disconnected" ? "DISCONNECTED" : "NEVER CONNECTED");
    if (!link.lastHeard.empty()) out.append(", last heard ").append(link.lastHeard.substr(0, 19)).append(link.lastHeard.size() > 19 ? "Z" : "");
    if (!link.heardAgo.empty()) out.append(" (").append(link.heardAgo).append(" s ago)");
    if (link.isProgramOlder) out.append(", OLDER PROGRAM").append(link.program.empty() ? "" : " " + link.program);
    if (link.lagEntries == 0) {
        out.append(", in step");
    } else if (link.lagEntries) {
        out.append(", ").append(std::to_string(*link.lagEntries)).append(*link.lagEntries == 1 ? " entry" : " entries").append(" behind");
    }
    if (!link.lagSeconds.empty() && link.lagEntries != 0) out.append(", ").append(link.lagSeconds).append(" s");
    return out;
}

class TreeWriter {
public:
    explicit TreeWriter(const Topology& topology) : m_topology{topology} {}

    std::string write()
    {
        std::vector<bool> isBelow(m_topology.clusters.size());
        for (const auto& link : m_topology.links) {
            if (link.secondary) isBelow[*link.secondary] = true;
        }
        for (std::size_t at = 0; at < m_topology.clusters.size(); ++at) {
            if (!isBelow[at]) writeRoot(at);
        }
        for (std::size_t at = 0; at < m_topology.clusters.size(); ++at) {
            if (!m_written.contains(at)) writeRoot(at); // two that call each other primary have no root
        }
        for (const auto& split : m_topology.splits) {
            m_out.append("WARNING! More than one ").append(split.type == "dr" ? "DR" : "performance").append(" primary in one set:");
            for (const auto at : split.primaries) m_out.append(" ").append(m_topology.clusters[at].name);
            if (!split.hasLatest) {
                m_out.append(". Demote or disable the wrong ones at once, so that one stays.\n");
                continue;
            }
            m_out.append(". The latest promotion is that of ")
                .append(m_topology.clusters[split.primaries.front()].name)
                .append(". Demote at once:\n");
            for (std::size_t at = 1; at < split.primaries.size(); ++at)
                m_out.append("    ").append(demoteCommand(m_topology.clusters[split.primaries[at]], split.type)).append("\n");
        }
        for (const auto& replaced : m_topology.replaced) writeReplaced(replaced);
        if (!m_out.empty()) m_out.pop_back();
        return std::move(m_out);
    }

private:
    void writeRoot(std::size_t cluster)
    {
        m_out.append(describe(m_topology.clusters[cluster])).append("\n");
        writeBelow(cluster, {});
    }
    void writeReplaced(const Topology::Replaced& replaced)
    {
        const auto& cluster = m_topology.clusters[replaced.cluster];
        const bool isDr = replaced.type == "dr";
        m_out.append("WARNING! ").append(cluster.name).append(" takes no writes: ").append(replaced.by).append(" has replaced it as the ");
        m_out.append(isDr ? "DR" : "performance")
            .append(" primary, epoch ")
            .append(std::to_string(replaced.epoch))
            .append(". Its data is kept. Demote it:\n    ");
        m_out.append(demoteCommand(cluster, replaced.type)).append("\n");
        m_out.append("Then let it follow with a token made at ").append(replaced.by);
        if (!replaced.byAddress.empty()) m_out.append(" (").append(replaced.byAddress).append(")");
        m_out.append(": sys/replication/").append(replaced.type).append("/secondary/update-primary. If that promotion is false, refuse it at ");
        m_out.append(cluster.name).append(": holdfast replication refuse-successor -type=").append(replaced.type).append(" -init\n");
    }
    void writeBelow(std::size_t cluster, const std::string& indent)
    {
        if (!m_written.insert(cluster).second) return;
        std::vector<const Link*> below;
        for (const auto& link : m_topology.links) {
            if (link.primary == cluster) below.push_back(&link);
        }
        for (const auto* link : below) {
            const bool isLast = link == below.back();
            const bool isDr = link->type == "dr";
            const std::string_view line = link->isBroken() ? "╳╳" : isDr ? "╌╌" : "──";
            m_out.append(indent).append(isLast ? "└" : "├").append(line).append(" ").append(describe(*link)).append(": ");
            m_out.append(describeBelow(*link));
            m_out.append("\n");
            if (link->secondary) writeBelow(*link->secondary, indent + (isLast ? "    " : "│   "));
        }
    }

    /// The cluster's name; if the cluster reports none, the id of its token.
    std::string describeBelow(const Link& link) const
    {
        const std::string token = "cluster of the token \"" + link.secondaryId + "\"";
        if (!link.secondary) return token;
        const auto& cluster = m_topology.clusters[*link.secondary];
        return cluster.name == cluster.address ? token + ", " + describe(cluster) : describe(cluster);
    }

    const Topology& m_topology;
    std::set<std::size_t> m_written;
    std::string m_out;
};

} // namespace

Topology exploreTopology(std::vector<std::string> addresses, const std::function<core::Result<ClusterReport>(const std::string& address)>& ask)
{
    Topology out;
    std::set<std::string> asked;
    for (std::size_t at = 0; at < addresses.size() && out.clusters.size() < kClustersMax; ++at) {
        const auto address = withoutSlash(addresses[at]);
        if (!asked.insert(address).second) continue;
        auto report = ask(address);
        Cluster cluster{.name = address, .id = {}, .address = address, .error = {}, .report = {}, .program = {}};
        if (report) {
            cluster.report = std::move(*report);
            cluster.id = cluster.report.health["cluster_id"].text();
            cluster.program = programOf(cluster.report.health);
            if (const auto& name = cluster.report.health["cluster_name"].text(); !name.empty()) cluster.name = name;
            for (auto& further : addressesTold(cluster.report)) addresses.push_back(std::move(further));
            if (!cluster.id.empty() && std::ranges::find(out.clusters, cluster.id, &Cluster::id) != out.clusters.end())
                continue; // another node of it
        } else {
            cluster.error = inOneLine(report.error().detail);
        }
        out.clusters.push_back(std::move(cluster));
    }
    for (std::size_t at = 0; at < out.clusters.size(); ++at) {
        for (const auto type : kTypes) {
            for (auto& link : linksBelow(out.clusters, at, type)) out.links.push_back(std::move(link));
        }
    }
    out.splits = findSplits(out.clusters);
    out.replaced = findReplaced(out.clusters);
    return out;
}

Json Topology::toJson() const
{
    Json::Array clusterList, linkList, splitList, replacedList;
    for (const auto& cluster : clusters) {
        const auto& health = cluster.report.health;
        clusterList.push_back(Json::object({{"name", cluster.name},
                                            {"cluster_id", cluster.id},
                                            {"api_address", cluster.address},
                                            {"reachable", cluster.isReachable()},
                                            {"error", cluster.error},
                                            {"initialized", health["initialized"]},
                                            {"sealed", health["sealed"]},
                                            {"version", health["version"]},
                                            {"program_version", cluster.program},
                                            {"performance", cluster.status("performance")},
                                            {"dr", cluster.status("dr")}}));
        for (const auto name : {"audit_failure", "two_primaries"}) {
            if (!health[name].isEmpty()) clusterList.back().set(name, health[name]);
        }
    }
    for (const auto& link : links) {
        linkList.push_back(Json::object({{"type", link.type},
                                         {"primary", clusters[link.primary].name},
                                         {"secondary", link.secondary ? Json{clusters[*link.secondary].name} : Json{}},
                                         {"secondary_id", link.secondaryId},
                                         {"state", link.state},
                                         {"connection_status", link.connection},
                                         {"program_version", link.program},
                                         {"is_program_older", link.isProgramOlder},
                                         {"lag_entries", link.lagEntries ? Json{*link.lagEntries} : Json{}},
                                         {"lag_seconds", link.lagSeconds.empty() ? Json{} : Json{Json::Number{link.lagSeconds}}}}));
        if (!link.lastHeard.empty()) linkList.back().set("last_heartbeat", link.lastHeard);
    }
    for (const auto& split : splits) {
        Json names{Json::Array{}};
        for (const auto at : split.primaries) names.append(clusters[at].name);
        splitList.push_back(Json::object({{"type", split.type}, {"primaries", std::move(names)}}));
    }
    for (const auto& each : replaced) {
        replacedList.push_back(Json::object({{"type", each.type},
                                             {"primary", clusters[each.cluster].name},
                                             {"replaced_by", each.by},
                                             {"api_address", each.byAddress},
                                             {"epoch", each.epoch}}));
    }
    return Json::object({{"clusters", std::move(clusterList)},
                         {"links", std::move(linkList)},
                         {"splits", std::move(splitList)},
                         {"replaced", std::move(replacedList)}});
}

std::string Topology::toText() const
{
    return TreeWriter{*this}.write();
}

} // namespace cli
