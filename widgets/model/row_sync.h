#pragma once

#include <QAbstractItemModel>
#include <QList>

namespace widgets {

/// Brings a flat item model from `rows` to `wanted` by the smallest range of removals and insertions, and announces the
/// rest as changed. `sameRow` tells whether two rows are the same thing, whatever it shows now.
///
/// `Model` must make beginRemoveRows() and its kin callable, which are protected: it befriends this struct.
struct RowSync {
    template<class Model, class Row, class Same>
    static void apply(Model& model, QList<Row>& rows, const QList<Row>& wanted, Same sameRow)
    {
        qsizetype head = 0;
        const qsizetype shorter = std::min(rows.size(), wanted.size());
        while (head < shorter && sameRow(rows[head], wanted[head])) ++head;
        qsizetype tail = 0;
        while (tail < shorter - head && sameRow(rows[rows.size() - 1 - tail], wanted[wanted.size() - 1 - tail])) ++tail;

        if (const qsizetype removed = rows.size() - head - tail; removed > 0) {
            model.beginRemoveRows({}, static_cast<int>(head), static_cast<int>(head + removed - 1));
            rows.remove(head, removed);
            model.endRemoveRows();
        }
        if (const qsizetype inserted = wanted.size() - head - tail; inserted > 0) {
            model.beginInsertRows({}, static_cast<int>(head), static_cast<int>(head + inserted - 1));
            for (qsizetype i = 0; i < inserted; ++i) rows.insert(head + i, wanted[head + i]);
            model.endInsertRows();
        }
        rows = wanted;
        if (!rows.isEmpty()) Q_EMIT model.dataChanged(model.index(0, 0), model.index(static_cast<int>(rows.size()) - 1, 0));
    }
};

} // namespace widgets
