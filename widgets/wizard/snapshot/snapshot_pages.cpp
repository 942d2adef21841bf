#include "widgets/wizard/snapshot/snapshot_pages.h"

#include "widgets/wizard/frame/choice_card.h"

#include <QAbstractItemView>
#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr qint64 kMinute = 60;
constexpr qint64 kHour = 3600;
constexpr qint64 kDay = 86400;
constexpr qint64 kMegabyte = 1'000'000;
constexpr qint64 kGigabyte = 1'000'000'000;

QWidget* pair(QWidget* number, QWidget* unit, QWidget* parent)
{
    auto* both = new QWidget{parent};
    auto* layout = new QHBoxLayout{both};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(number, 1);
    layout->addWidget(unit, 1);
    return both;
}

template<class Widget>
Widget* named(Widget* widget, const QString& objectName, const QString& name)
{
    widget->setObjectName(objectName);
    widget->setAccessibleName(name);
    if constexpr (std::is_same_v<Widget, QComboBox>) widget->view()->setAccessibleName(name + u" choices"_s);
    return widget;
}

} // namespace

SnapshotTaskPage::SnapshotTaskPage(SnapshotModel& model, QWidget* parent)
    : WizardPage{tr("Task"), parent}
    , m_model{model}
    , m_cluster{named(new QComboBox{this}, u"snapshotCluster"_s, u"Cluster"_s)}
{
    setHeading(tr("What do you want to do?"),
               tr("A snapshot holds all data of one cluster, encrypted as it is stored. A DR secondary has no snapshots of its own."));
    auto* form = new FormGrid{this};
    form->addRow(tr("&Cluster"), m_cluster);
    body()->addWidget(form);
    auto* group = new QButtonGroup{this};
    using Task = SnapshotModel::Task;
    m_cards.insert(Task::Save, new ChoiceCard{tr("Save now"), tr("Into a file on this machine."), u"Save a snapshot now"_s, *group, this});
    m_cards.insert(Task::Restore, new ChoiceCard{tr("Restore"), tr("Replaces all data of the cluster by the data of a snapshot."),
                                                 u"Restore a snapshot"_s, *group, this});
    m_cards.insert(Task::Schedule,
                   new ChoiceCard{tr("Automatic schedule"), tr("The server itself saves snapshots at an interval and keeps the newest."),
                                  u"Automatic snapshots"_s, *group, this});
    for (const auto task : {Task::Save, Task::Restore, Task::Schedule}) {
        body()->addWidget(m_cards[task]);
        connect(m_cards[task]->button(), &QRadioButton::toggled, this, [this, task](bool isOn) {
            if (isOn) m_model.setTask(task);
        });
    }
    m_cards[Task::Save]->button()->setChecked(true);
    connect(m_cluster, &QComboBox::currentIndexChanged, this, [this] {
        m_model.setCluster(m_cluster->currentData().toString());
        Q_EMIT changed();
    });
    connect(&model, &SnapshotModel::changed, this, &WizardPage::changed);
}

void SnapshotTaskPage::enter()
{
    fillClusters(*m_cluster, m_model.clusters(), m_model.clusterId());
    m_model.setCluster(m_cluster->currentData().toString());
}

SnapshotFilePage::SnapshotFilePage(SnapshotModel& model, QWidget* parent)
    : WizardPage{tr("File"), parent}
    , m_model{model}
    , m_file{named(new QLineEdit{this}, u"snapshotFile"_s, u"Snapshot file"_s)}
    , m_force{named(new QCheckBox{tr("It has other unseal keys: restore it anyway"), this}, u"snapshotForce"_s, u"Restore under other unseal keys"_s)}
    , m_hint{makeText({}, u"dim"_s, this)}
{
    auto* browse = named(new QPushButton{tr("Browse…"), this}, u"snapshotBrowse"_s, u"Browse for the snapshot file"_s);
    browse->setAutoDefault(false);
    auto* row = new QHBoxLayout;
    row->addWidget(m_file, 1);
    row->addWidget(browse);
    body()->addLayout(row);
    body()->addWidget(m_hint);
    body()->addWidget(m_force);
    connect(m_file, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_model.file = text;
        m_hint->setText(m_model.missingInput());
        Q_EMIT changed();
    });
    connect(m_force, &QCheckBox::toggled, this, [this](bool isForced) { m_model.isForced = isForced; });
    connect(browse, &QPushButton::clicked, this, &SnapshotFilePage::browse);
}

void SnapshotFilePage::enter()
{
    const bool isSave = m_model.task() == SnapshotModel::Task::Save;
    setHeading(isSave ? tr("Where to?") : tr("From which snapshot?"),
               isSave ? tr("The file appears when the snapshot is complete. Only you can read it.")
                      : tr("%1 gets the data that it had when the snapshot was made.").arg(m_model.clusterName()));
    m_force->setVisible(!isSave);
    if (isSave && m_file->text().isEmpty()) {
        const QString stamp = QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss"_s);
        m_file->setText(QDir::home().filePath(u"%1-%2.snap"_s.arg(m_model.clusterName(), stamp)));
    }
    m_model.file = m_file->text();
    m_hint->setText(m_model.missingInput());
}

void SnapshotFilePage::browse()
{
    const bool isSave = m_model.task() == SnapshotModel::Task::Save;
    auto* dialog = new QFileDialog{this, isSave ? tr("Save the snapshot") : tr("Open a snapshot"), m_file->text()};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(isSave ? QFileDialog::AcceptSave : QFileDialog::AcceptOpen);
    dialog->setFileMode(isSave ? QFileDialog::AnyFile : QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
    dialog->open();
}

SnapshotSchedulePage::SnapshotSchedulePage(SnapshotModel& model, QWidget* parent)
    : WizardPage{tr("Schedule"), parent}
    , m_model{model}
    , m_form{new FormGrid{this}}
    , m_existing{named(new QComboBox{this}, u"scheduleExisting"_s, u"Schedule to edit"_s)}
    , m_name{named(new QLineEdit{this}, u"scheduleName"_s, u"Schedule name"_s)}
    , m_interval{named(new QSpinBox{this}, u"scheduleInterval"_s, u"Interval"_s)}
    , m_unit{named(new QComboBox{this}, u"scheduleUnit"_s, u"Interval unit"_s)}
    , m_retain{named(new QSpinBox{this}, u"scheduleRetain"_s, u"Snapshots kept"_s)}
    , m_path{named(new QLineEdit{this}, u"schedulePath"_s, u"Path prefix"_s)}
    , m_prefix{named(new QLineEdit{this}, u"schedulePrefix"_s, u"File prefix"_s)}
    , m_space{named(new QSpinBox{this}, u"scheduleSpace"_s, u"Space limit"_s)}
    , m_spaceUnit{named(new QComboBox{this}, u"scheduleSpaceUnit"_s, u"Space limit unit"_s)}
    , m_delete{named(new QCheckBox{tr("Remove this schedule"), this}, u"scheduleDelete"_s, u"Remove this schedule"_s)}
    , m_status{new CheckList{this}}
    , m_hint{makeText({}, u"dim"_s, this)}
{
    setHeading(tr("How often, where, how many?"),
               tr("The directory is on the server's machine. A snapshot fails if it would exceed the space limit."));
    m_unit->addItem(tr("seconds"), QVariant::fromValue<qint64>(1));
    m_unit->addItem(tr("minutes"), QVariant::fromValue(kMinute));
    m_unit->addItem(tr("hours"), QVariant::fromValue(kHour));
    m_unit->addItem(tr("days"), QVariant::fromValue(kDay));
    m_unit->setCurrentIndex(2);
    m_spaceUnit->addItem(tr("MB"), QVariant::fromValue(kMegabyte));
    m_spaceUnit->addItem(tr("GB"), QVariant::fromValue(kGigabyte));
    m_spaceUnit->setCurrentIndex(1);
    m_interval->setRange(1, 1'000'000);
    m_interval->setValue(24);
    m_retain->setRange(1, 10'000);
    m_retain->setValue(7);
    m_space->setRange(1, 1'000'000);
    m_path->setPlaceholderText(u"/var/backups/holdfast"_s);
    m_prefix->setPlaceholderText(u"vault-snapshot"_s);
    m_form->addRow(tr("&Edit"), m_existing);
    m_form->addRow(tr("&Name"), m_name);
    m_form->addRow(tr("&Every"), pair(m_interval, m_unit, this));
    m_form->addRow(tr("&Keep"), m_retain);
    m_form->addRow(tr("&Directory"), m_path);
    m_form->addRow(tr("&File prefix"), m_prefix);
    m_form->addRow(tr("&Space limit"), pair(m_space, m_spaceUnit, this));
    body()->addWidget(m_form);
    body()->addWidget(m_delete);
    body()->addWidget(m_status);
    body()->addWidget(m_hint);

    for (auto* edit : {m_name, m_path, m_prefix}) connect(edit, &QLineEdit::textChanged, this, &SnapshotSchedulePage::gather);
    for (auto* spin : {m_interval, m_retain, m_space}) connect(spin, &QSpinBox::valueChanged, this, &SnapshotSchedulePage::gather);
    for (auto* combo : {m_unit, m_spaceUnit}) connect(combo, &QComboBox::currentIndexChanged, this, &SnapshotSchedulePage::gather);
    connect(m_delete, &QCheckBox::toggled, this, &SnapshotSchedulePage::gather);
    connect(m_existing, &QComboBox::currentIndexChanged, this, [this] {
        if (m_isShowing) return;
        const QString name = m_existing->currentData().toString();
        m_name->setEnabled(name.isEmpty());
        m_name->setText(name);
        m_delete->setVisible(!name.isEmpty());
        m_delete->setChecked(false);
        m_status->setVisible(!name.isEmpty());
        if (!name.isEmpty()) m_model.loadSchedule(name);
    });
    connect(&model, &SnapshotModel::schedulesChanged, this, [this] {
        showNames();
        showSchedule();
    });
}

void SnapshotSchedulePage::enter()
{
    m_model.loadSchedules();
    showNames();
    gather();
}

void SnapshotSchedulePage::showNames()
{
    m_isShowing = true;
    const QString chosen = m_existing->currentData().toString();
    m_existing->clear();
    m_existing->addItem(tr("a new schedule"), QString{});
    for (const auto& name : m_model.scheduleNames()) m_existing->addItem(name, name);
    m_existing->setCurrentIndex(std::max(0, m_existing->findData(chosen)));
    m_form->setRowVisible(m_existing, !m_model.scheduleNames().isEmpty());
    const bool isExisting = !m_existing->currentData().toString().isEmpty();
    m_delete->setVisible(isExisting);
    m_status->setVisible(isExisting);
    m_isShowing = false;
}

void SnapshotSchedulePage::showSchedule()
{
    const auto& schedule = m_model.schedule;
    if (m_existing->currentData().toString().isEmpty() || schedule.intervalSeconds == 0) return gather();
    m_isShowing = true;
    const qint64 unit = schedule.intervalSeconds % kDay == 0      ? kDay
                        : schedule.intervalSeconds % kHour == 0   ? kHour
                        : schedule.intervalSeconds % kMinute == 0 ? kMinute
                                                                  : 1;
    m_unit->setCurrentIndex(m_unit->findData(QVariant::fromValue<qint64>(unit)));
    m_interval->setValue(static_cast<int>(schedule.intervalSeconds / unit));
    m_retain->setValue(schedule.retain);
    m_path->setText(schedule.pathPrefix);
    m_prefix->setText(schedule.filePrefix);
    const qint64 spaceUnit = schedule.spaceBytesMax % kGigabyte == 0 ? kGigabyte : kMegabyte;
    m_spaceUnit->setCurrentIndex(m_spaceUnit->findData(QVariant::fromValue<qint64>(spaceUnit)));
    m_space->setValue(static_cast<int>(schedule.spaceBytesMax / spaceUnit));
    m_isShowing = false;

    const auto& status = m_model.scheduleStatus();
    QList<CheckList::Check> checks;
    if (!status.lastError.isEmpty()) checks << CheckList::Check{CheckList::CheckState::Bad, tr("The last attempt failed"), status.lastError};
    else if (!status.lastEnd.isEmpty() && !status.lastUrl.isEmpty()) {
        const auto when = QDateTime::fromString(status.lastEnd, Qt::ISODateWithMs);
        checks << CheckList::Check{
            CheckList::CheckState::Fine,
            tr("Last snapshot %1").arg(when.isValid() ? QLocale{}.toString(when.toLocalTime(), QLocale::ShortFormat) : status.lastEnd),
            status.lastUrl};
    } else checks << CheckList::Check{CheckList::CheckState::Planned, tr("No snapshot has been made yet"), {}};
    m_status->present(checks);
    gather();
}

void SnapshotSchedulePage::gather()
{
    if (m_isShowing) return;
    auto& schedule = m_model.schedule;
    schedule.name = m_name->text().trimmed();
    schedule.intervalSeconds = m_interval->value() * m_unit->currentData().toLongLong();
    schedule.retain = m_retain->value();
    schedule.pathPrefix = m_path->text().trimmed();
    schedule.filePrefix = m_prefix->text().trimmed();
    schedule.spaceBytesMax = m_space->value() * m_spaceUnit->currentData().toLongLong();
    m_model.isDeleted = m_delete->isChecked();
    m_hint->setText(m_model.problem().isEmpty() ? m_model.missingInput() : m_model.problem());
    Q_EMIT changed();
}

SnapshotChecksPage::SnapshotChecksPage(SnapshotModel& model, QWidget* parent)
    : WizardPage{tr("Checks"), parent}
    , m_model{model}
    , m_checks{new CheckList{this}}
{
    setHeading(tr("Can it be done?"), {});
    body()->addWidget(m_checks);
    auto* again = makeCheckAgain(this);
    body()->addWidget(again, 0, Qt::AlignLeft);
    connect(again, &QPushButton::clicked, this, [this] { m_model.check(); });
    connect(&model.preflight(), &CheckModel::changed, this, [this] {
        m_checks->present(m_model.preflight().checks());
        Q_EMIT changed();
    });
}

void SnapshotChecksPage::enter()
{
    m_model.check();
    m_checks->present(m_model.preflight().checks());
}

} // namespace widgets
