#pragma once

#include <QAbstractItemModel>
#include <QList>

namespace widgets {

/// Changes a flat item model from `rows` to `wanted` with the smallest range of removals and insertions, and announces the
/// other rows as changed. `sameRow` says whether two rows are about the same thing, even if its texts differ.
///
/// `Model` must declare this struct a friend, because beginRemoveRows() and the similar functions are protected.
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
