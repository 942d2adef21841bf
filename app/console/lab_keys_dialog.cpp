#include "app/console/lab_keys_dialog.h"

#include "app/console/lab_runner.h"

#include "widgets/look/theme.h"
#include "widgets/wizard/frame/page_parts.h"
#include "widgets/wizard/frame/secret_view.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace console {
namespace {

QString textOf(const core::SecretBytes& secret)
{
    return QString::fromUtf8(secret.view().data(), static_cast<qsizetype>(secret.size()));
}

} // namespace

LabKeysDialog::LabKeysDialog(const LabRunner& runner, QWidget* parent) : QDialog{parent}
{
    setObjectName(u"labKeys"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Keys of the lab"));
    resize(640, 640);
    auto* page = new QWidget{this};
    auto* list = new QVBoxLayout{page};
    list->setContentsMargins(32, 28, 32, 12);
    list->setSpacing(14);
    auto* heading = widgets::makeText(windowTitle(), {}, page);
    heading->setFont(widgets::Theme::font(20, QFont::DemiBold));
    list->addWidget(heading);
    list->addWidget(widgets::makeText(tr("All three clusters have the same unseal keys. They run in this process and end with it."), u"dim"_s, page));
    const auto& lab = *runner.lab();
    for (const auto& cluster : lab.clusters()) {
        if (cluster.rootToken.empty()) continue;
        const QString name = QString::fromStdString(cluster.name);
        list->addWidget(new widgets::SecretView{tr("Root token of %1").arg(name), u"Root token of %1"_s.arg(name), textOf(cluster.rootToken), page});
    }
    int number = 1;
    for (const auto& key : lab.clusters().front().unsealKeys) {
        list->addWidget(new widgets::SecretView{tr("Key share %1").arg(number), u"Key share %1"_s.arg(number), textOf(key), page});
        ++number;
    }
    for (const auto& spare : runner.spares()) {
        const QString name = QString::fromStdString(spare.server->name());
        list->addWidget(new widgets::SecretView{tr("Root token of %1").arg(name), u"Root token of %1"_s.arg(name), textOf(spare.rootToken), page});
        list->addWidget(new widgets::SecretView{tr("Unseal key of %1").arg(name), u"Unseal key of %1"_s.arg(name), textOf(spare.unsealKey), page});
    }
    list->addStretch(1);
    auto* scroll = new QScrollArea{this};
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(page);
    auto* close = new QPushButton{tr("Close"), this};
    close->setObjectName(u"labKeysClose"_s);
    close->setAccessibleName(u"Close"_s);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    auto* footer = new QHBoxLayout;
    footer->setContentsMargins(32, 12, 32, 16);
    footer->addStretch(1);
    footer->addWidget(close);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll, 1);
    layout->addLayout(footer);
}

} // namespace console
