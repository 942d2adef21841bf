#include "widgets/topology/topology_layout.h"

#include <QSet>

#include <algorithm>
#include <cmath>

namespace widgets {
namespace {

constexpr qreal kColumnPitch = 248 + 160;
constexpr qreal kRowPitch = 118 + 96;
constexpr qreal kSetGap = 12;
constexpr qsizetype kLeavesInColumnMax = 5;

class Layouter {
public:
    explicit Layouter(const FleetState& fleet) : m_fleet{fleet}
    {
        for (const auto& link : fleet.links) {
            auto& children = link.type == ReplicationType::Dr ? m_below : m_right;
            if (isPlaceable(link)) {
                children[link.fromId] << link.toId;
                m_hasParent.insert(link.toId);
            }
        }
    }

    TopologyLayout run()
    {
        QStringList alone;
        for (const auto& node : m_fleet.nodes) {
            if (m_hasParent.contains(node.id())) continue;
            if (m_right.contains(node.id()) || m_below.contains(node.id())) m_row += place(node.id(), 0, m_row) + kSetGap / kRowPitch;
            else alone << node.id();
        }
        // Clusters without links, and clusters whose links form a circle, go into a grid.
        for (const auto& node : m_fleet.nodes) {
            if (!m_layout.positions.contains(node.id()) && !alone.contains(node.id())) alone << node.id();
        }
        constexpr qsizetype kAloneInRow = 2;
        for (qsizetype i = 0; i < alone.size(); ++i) put(alone[i], qreal(i % kAloneInRow), m_row + qreal(i / kAloneInRow));
        frameRegions();
        for (const auto& position : std::as_const(m_layout.positions)) m_layout.bounds |= QRectF{position, kCardSize};
        for (const auto& region : std::as_const(m_layout.regions)) m_layout.bounds |= region.rect;
        return m_layout;
    }

private:
    /// Gives each cluster one parent, without circles: the first link to the cluster decides.
    bool isPlaceable(const FleetLink& link) const
    {
        if (m_hasParent.contains(link.toId)) return false;
        QSet<QString> seen{link.toId};
        QStringList open{link.toId};
        while (!open.isEmpty()) {
            const QString id = open.takeLast();
            if (id == link.fromId) return false;
            for (const auto& child : m_right.value(id) + m_below.value(id)) {
                if (!seen.contains(child)) {
                    seen.insert(child);
                    open << child;
                }
            }
        }
        return true;
    }

    void put(const QString& id, qreal column, qreal row) { m_layout.positions.insert(id, QPointF{column * kColumnPitch, row * kRowPitch}); }

    bool isLeaf(const QString& id) const { return !m_right.contains(id) && !m_below.contains(id); }

    /// Places a cluster and its secondaries, and theirs. Returns the number of rows.
    qreal place(const QString& id, qreal column, qreal row)
    {
        put(id, column, row);
        qreal rows = 1;
        for (const auto& dr : m_below.value(id)) {
            put(dr, column, row + rows);
            rows += 1;
        }
        return std::max(rows, placeRight(m_right.value(id), column + 1, row));
    }

    qreal placeRight(const QStringList& children, qreal column, qreal row)
    {
        QStringList leaves;
        qreal rows = 0;
        for (const auto& child : children) {
            if (isLeaf(child)) leaves << child;
            else rows += place(child, column, row + rows);
        }
        // A long row of leaves is wrapped into columns of about equal height.
        const auto columns = (leaves.size() + kLeavesInColumnMax - 1) / kLeavesInColumnMax;
        const auto perColumn = columns == 0 ? 0 : (leaves.size() + columns - 1) / columns;
        for (qsizetype i = 0; i < leaves.size(); ++i) {
            put(leaves[i], column + qreal(i / perColumn), row + rows + qreal(i % perColumn));
        }
        return rows + qreal(perColumn);
    }

    void frameRegions()
    {
        for (const auto& node : m_fleet.nodes) {
            const QString& name = node.connection.location;
            if (name.isEmpty()) continue;
            const QRectF card{m_layout.positions.value(node.id()), kCardSize};
            const QRectF frame = card.adjusted(-28, -46, 28, 24);
            // Same place and right above or below: one frame.
            const auto it = std::find_if(m_layout.regions.begin(), m_layout.regions.end(), [&](const RegionFrame& region) {
                const qreal distance = std::max(card.top() - region.rect.bottom(), region.rect.top() - card.bottom());
                return region.name == name && std::abs(region.rect.left() - frame.left()) < 1 && distance < kRowPitch / 2;
            });
            if (it == m_layout.regions.end()) m_layout.regions << RegionFrame{name, frame};
            else it->rect |= frame;
        }
    }

    const FleetState& m_fleet;
    QHash<QString, QStringList> m_right;
    QHash<QString, QStringList> m_below;
    QSet<QString> m_hasParent;
    TopologyLayout m_layout;
    qreal m_row = 0;
};

} // namespace

TopologyLayout layoutTopology(const FleetState& fleet)
{
    return Layouter{fleet}.run();
}

} // namespace widgets
