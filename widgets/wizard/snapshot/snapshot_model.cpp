#include "widgets/wizard/snapshot/snapshot_model.h"

#include "widgets/client/command_line.h"
#include "widgets/look/error_text.h"
#include "widgets/look/format.h"
#include "widgets/model/command.h"
#include "widgets/wizard/plan/steps.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QStorageInfo>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

using CheckState = CheckList::CheckState;

QString checksumOf(const QString& file)
{
    QFile source{file};
    if (!source.open(QIODevice::ReadOnly)) return {};
    QCryptographicHash hash{QCryptographicHash::Sha256};
    hash.addData(&source);
    return QString::fromLatin1(hash.result().toHex());
}

TransferProgress progressOf(const StepRun& run)
{
    return [run](qint64 done, qint64 total) {
        run.progress(done, std::max<qint64>(0, total),
                     total > 0 ? SnapshotModel::tr("%1 of %2").arg(Format::bytes(done), Format::bytes(total)) : Format::bytes(done));
    };
}

} // namespace

SnapshotModel::SnapshotModel(FleetModel& fleet, ActionLog& log, QObject* parent) : QObject{parent}, m_fleet{fleet}, m_plan{log} {}

QList<const FleetNode*> SnapshotModel::clusters() const
{
    QList<const FleetNode*> list;
    for (const auto& node : m_fleet.state().nodes) {
        if (Commands::isOffered(Command::Snapshots, node)) list << &node;
    }
    return list;
}

void SnapshotModel::setCluster(const QString& id)
{
    if (id == m_clusterId) return;
    m_clusterId = id;
    m_names.clear();
    m_status = {};
    schedule = {};
    Q_EMIT changed();
}

QString SnapshotModel::clusterName() const
{
    const auto* node = m_fleet.state().node(m_clusterId);
    return node ? node->name() : QString{};
}

void SnapshotModel::setTask(Task task)
{
    m_task = task;
    Q_EMIT changed();
}

void SnapshotModel::loadSchedules()
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    if (!cluster) return;
    m_problem.clear();
    cluster.client->send(requests::autoSnapshotNames(), {this, [this, id = m_clusterId, name = cluster.name](const ApiResult& result) {
                                                             if (id != m_clusterId) return; // another cluster was chosen in the meantime
                                                             m_names.clear();
                                                             if (result) {
                                                                 const auto keys = result->data.value("keys"_L1).toArray();
                                                                 for (const auto& key : keys) m_names << key.toString();
                                                             } else if (result.error().code != core::ErrorCode::NotFound) {
                                                                 m_problem = ErrorText::of(result.error(), name);
                                                             }
                                                             Q_EMIT schedulesChanged();
                                                         }});
}

void SnapshotModel::loadSchedule(const QString& name)
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    if (!cluster) return;
    schedule = {};
    schedule.name = name;
    m_status = {};
    cluster.client->send(requests::autoSnapshotRead(name), {this, [this, id = m_clusterId, name](const ApiResult& result) {
                                                                if (!result || id != m_clusterId || schedule.name != name) return;
                                                                const auto& data = result->data;
                                                                schedule.intervalSeconds = static_cast<qint64>(data.value("interval"_L1).toDouble());
                                                                schedule.retain = data.value("retain"_L1).toInt(1);
                                                                schedule.pathPrefix = data.value("path_prefix"_L1).toString();
                                                                schedule.filePrefix = data.value("file_prefix"_L1).toString();
                                                                schedule.spaceBytesMax =
                                                                    static_cast<qint64>(data.value("local_max_space"_L1).toDouble());
                                                                Q_EMIT schedulesChanged();
                                                            }});
    cluster.client->send(requests::autoSnapshotStatus(name), {this, [this, id = m_clusterId, name](const ApiResult& result) {
                                                                  if (!result || id != m_clusterId || schedule.name != name) return;
                                                                  m_status = {result->data.value("last_snapshot_end"_L1).toString(),
                                                                              result->data.value("last_snapshot_url"_L1).toString(),
                                                                              result->data.value("last_snapshot_error"_L1).toString()};
                                                                  Q_EMIT schedulesChanged();
                                                              }});
}

QString SnapshotModel::missingInput() const
{
    if (m_task == Task::Save) return file.isEmpty() ? tr("Choose a file to save to.") : QString{};
    if (m_task == Task::Restore)
        return file.isEmpty() ? tr("Choose the snapshot to restore.") : QFileInfo::exists(file) ? QString{} : tr("There is no such file.");
    if (schedule.name.isEmpty()) return tr("The schedule needs a name.");
    if (isDeleted) return {};
    if (schedule.intervalSeconds < 1) return tr("Set the interval.");
    if (schedule.pathPrefix.isEmpty()) return tr("Enter a directory on the server.");
    if (schedule.spaceBytesMax < 1) return tr("Enter the space that the snapshots can use.");
    return {};
}

void SnapshotModel::check()
{
    m_preflight.start();
    const auto* node = m_fleet.state().node(m_clusterId);
    if (!node) return m_preflight.add(CheckState::Bad, tr("The cluster is not connected any more"));
    m_preflight.addReachable(*node);
    m_preflight.askToken(ClusterRef::of(m_fleet, m_clusterId));
    if (m_task == Task::Save) {
        const QFileInfo target{file};
        const QFileInfo folder{target.absolutePath()};
        if (!folder.isWritable()) m_preflight.add(CheckState::Bad, tr("%1 is not writable").arg(target.absolutePath()));
        else
            m_preflight.add(CheckState::Fine, tr("%1 is free here").arg(Format::bytes(QStorageInfo{target.absolutePath()}.bytesAvailable())),
                            target.absolutePath());
        if (target.exists()) m_preflight.add(CheckState::Warning, tr("The file exists and will be replaced, once the new one is complete"));
    } else if (m_task == Task::Restore) {
        const QFileInfo source{file};
        const QString checksum = checksumOf(file);
        if (checksum.isEmpty()) m_preflight.add(CheckState::Bad, tr("%1 cannot be read").arg(file), tr("Check that you have the right to read it."));
        else
            m_preflight.add(source.size() > 0 ? CheckState::Fine : CheckState::Bad, tr("The snapshot has %1").arg(Format::bytes(source.size())),
                            tr("SHA-256 %1").arg(checksum));
        m_preflight.add(CheckState::Warning, tr("Everything that %1 holds is replaced").arg(node->name()),
                        tr("Save a snapshot of it first. It is unavailable for some seconds."));
        if (isForced)
            m_preflight.add(CheckState::Warning, tr("The keys are not checked"),
                            tr("Afterwards %1 is sealed, and the unseal keys of the snapshot apply.").arg(node->name()));
        if (node->role == ClusterRole::Primary)
            m_preflight.add(CheckState::Warning, tr("%1 is a primary").arg(node->name()), tr("Its secondaries get the same older data."));
        if (node->role == ClusterRole::PerformanceSecondary)
            m_preflight.add(CheckState::Warning, tr("%1 is a secondary").arg(node->name()),
                            tr("Its shared data stays as on its primary. Only its local data is restored."));
    } else if (!isDeleted) {
        m_preflight.add(CheckState::Fine, tr("The server runs the schedule, not this console"),
                        tr("The directory %1 is on the machine of %2.").arg(schedule.pathPrefix, node->name()));
        if (schedule.intervalSeconds < 300)
            m_preflight.add(CheckState::Warning,
                            tr("An interval of %1 is very short").arg(Format::duration(static_cast<double>(schedule.intervalSeconds))));
    }
}

PlanStep SnapshotModel::saveStep()
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    PlanStep step;
    step.title = tr("Save a snapshot of %1").arg(cluster.name);
    step.cluster = cluster.name;
    step.command = commandFor(requests::snapshotSave(), cluster.address, file);
    step.afterwards = tr("The snapshot is in %1.").arg(file);
    step.run = [cluster, target = file](const StepRun& run) {
        cluster.client->download(requests::snapshotSave(), target, progressOf(run),
                                 {run.plan(), [run, target, name = cluster.name](const ApiResult& result) {
                                      if (!result) return run.fail(ErrorText::of(result.error(), name));
                                      run.done(tr("%1, SHA-256 %2").arg(Format::bytes(QFileInfo{target}.size()), checksumOf(target)));
                                  }});
    };
    return step;
}

PlanStep SnapshotModel::restoreStep()
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    PlanStep step;
    step.title = tr("Restore %1 from the snapshot").arg(cluster.name);
    step.cluster = cluster.name;
    step.command = commandFor(requests::snapshotRestore(isForced), cluster.address, file);
    step.afterwards = tr("%1 has the data of the snapshot.").arg(cluster.name);
    step.run = [cluster, source = file, force = isForced](const StepRun& run) {
        cluster.client->upload(requests::snapshotRestore(force), source, progressOf(run),
                               {run.witness(), [run, name = cluster.name](const ApiResult& result) {
                                    if (result) return run.done((QStringList{tr("The contents were replaced.")} + result->warnings).join(u'\n'));
                                    const QString why = ErrorText::of(result.error(), name);
                                    if (result.error().code == core::ErrorCode::Timeout) return run.lose(why);
                                    run.fail(why);
                                }});
        run.sent();
    };
    return step;
}

QJsonObject SnapshotModel::config() const
{
    QJsonObject object{{u"storage_type"_s, u"local"_s},
                       {u"interval"_s, schedule.intervalSeconds},
                       {u"retain"_s, schedule.retain},
                       {u"path_prefix"_s, schedule.pathPrefix},
                       {u"local_max_space"_s, schedule.spaceBytesMax}};
    if (!schedule.filePrefix.isEmpty()) object.insert("file_prefix"_L1, schedule.filePrefix);
    return object;
}

void SnapshotModel::makePlan()
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    QList<PlanStep> steps;
    if (m_task == Task::Save) steps << saveStep();
    if (m_task == Task::Restore) {
        steps << restoreStep();
        const QString title = isForced ? tr("Check that %1 answers again").arg(cluster.name) : tr("Wait until %1 serves again").arg(cluster.name);
        PlanStep wait = Steps::request(cluster, title,
                                       {[] { return requests::sealStatus(); },
                                        [](const ApiReply& reply) {
                                            return reply.body.value("sealed"_L1).toBool() ? tr("sealed: unseal it with the keys of the snapshot")
                                                                                          : tr("unsealed");
                                        },
                                        {}});
        wait.command.clear();
        steps << wait;
    }
    if (m_task == Task::Schedule && isDeleted) {
        steps << Steps::request(cluster, tr("Remove the schedule %1").arg(schedule.name),
                                {[name = schedule.name] { return requests::autoSnapshotDelete(name); },
                                 {},
                                 tr("The schedule %1 is removed. Its snapshots stay.").arg(schedule.name)});
    } else if (m_task == Task::Schedule) {
        steps << Steps::request(
            cluster, tr("Set up the schedule %1").arg(schedule.name),
            {[name = schedule.name, config = config()] { return requests::autoSnapshotWrite(name, config); },
             {},
             tr("%1 saves a snapshot every %2.").arg(cluster.name, Format::duration(static_cast<double>(schedule.intervalSeconds)))});
        auto readBack = Steps::request(cluster, tr("Read it back"),
                                       {[name = schedule.name] { return requests::autoSnapshotRead(name); },
                                        [](const ApiReply& reply) {
                                            return tr("every %1, %2 kept")
                                                .arg(Format::duration(reply.data.value("interval"_L1).toDouble()),
                                                     Format::count(reply.data.value("retain"_L1).toInt()));
                                        },
                                        {}});
        steps << readBack;
    }
    m_plan.setSteps(steps);
}

} // namespace widgets
