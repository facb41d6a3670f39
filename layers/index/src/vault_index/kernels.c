/* Inner loops of search: keys, votes, coincidences and the scoring of alignments.
 *
 * What they mean is told in keys.py, votes.py, coincidence.py and verify.py, which
 * are their only callers through kernels.py. Nothing here keeps state; every
 * buffer that is returned belongs to the caller; indices that come from an index
 * part are checked by the caller when the part is opened, and clipped here.
 * Results don't depend on the processor: no fast maths, no fused multiply-add.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 144, STEPS_PER_BIN = 8, STEPS_PER_FRAME = 4, UNIT = 8 };
enum { LOOK = 28, INTERVAL = 20, GAPS = 33, MOST_FOLLOWERS = 12 };
enum { TIME_MASK = 0xFFFFFF, PITCH_SHIFT = 24, MARK_PITCH_BITS = 10 };
enum { CLASS_BITS = 4, CLASSES = 1 << CLASS_BITS, CLASS_BINS = BINS / CLASSES };
enum { TILE = 1 << 14 };
enum { SLOT_BITS = 17, CELL_UNITS = 8, OFFSET_PAD = 1 << 23 };
static const double LEAST_GAP = 8.0, WIDEST_GAP = 248.0, WIDEST_INTERVAL = 156.0;

/* ------------------------------------------------------------------ keys */

static uint32_t hashed(const double *part)
{
    int64_t code = (((int64_t)part[0] * (2 * INTERVAL + 1) + (int64_t)part[1]) * GAPS + (int64_t)part[2]) * GAPS
                   + (int64_t)part[3];
    return (uint32_t)code * 2654435761u;
}

/* The likeliest other rounding: the part that is farthest from its own. */
static uint32_t neighbour(const double *part, const double *rounded)
{
    double other[4];
    int doubtful = 0;
    memcpy(other, rounded, sizeof other);
    for (int k = 1; k < 4; k++)
        if (fabs(part[k] - rounded[k]) > fabs(part[doubtful] - rounded[doubtful]))
            doubtful = k;
    other[doubtful] += part[doubtful] - rounded[doubtful] >= 0 ? 1.0 : -1.0;
    return hashed(other);
}

/* Keys of one anchor: `keys` gets pairs * (1 + probe) at most. */
static int keys_at(const double *times, const double *pitches, int64_t count, int64_t anchor, int followers,
                   int pairs, int probe, uint32_t *keys)
{
    double gap[MOST_FOLLOWERS], interval[MOST_FOLLOWERS];
    int found = 0, made = 0, pair = 0;
    int64_t last = anchor + LOOK < count - 1 ? anchor + LOOK : count - 1;
    for (int64_t i = anchor + 1; i <= last && found < followers; i++) {
        double after = times[i] - times[anchor], above = pitches[i] - pitches[anchor];
        if (after > WIDEST_GAP)
            break;
        if (after < LEAST_GAP || fabs(above) > WIDEST_INTERVAL)
            continue;
        gap[found] = after / UNIT;
        interval[found++] = above / STEPS_PER_BIN + INTERVAL;
    }
    for (int a = 0; a < followers; a++)
        for (int b = a + 1; b < followers; b++) {
            if (pair++ >= pairs)
                return made;
            if (b >= found)
                continue;
            double part[4] = {interval[a], interval[b], gap[a], gap[b]}, rounded[4];
            for (int k = 0; k < 4; k++)
                rounded[k] = rint(part[k]);
            keys[made++] = hashed(rounded);
            if (probe)
                keys[made++] = neighbour(part, rounded);
        }
    return made;
}

int64_t lv_triplets(const double *times, const double *pitches, int64_t count, int32_t followers, int32_t pairs,
                    int32_t probe, uint32_t *hashes, int32_t *anchors)
{
    int64_t total = 0;
    for (int64_t anchor = 0; anchor < count; anchor++) {
        int made = keys_at(times, pitches, count, anchor, followers, pairs, probe, hashes + total);
        for (int k = 0; k < made; k++)
            anchors[total + k] = (int32_t)anchor;
        total += made;
    }
    return total;
}

/* Keys of the query at each trial tempo, anchor by anchor; each is followed by its likeliest neighbour, whose anchor
 * is marked in the lowest bit. Those of trial k lie from `bounds[k]` to `bounds[k + 1]`. */
void lv_keys(const double *times, const double *pitches, int64_t count, const double *tempos, const int32_t *numbers,
             int64_t trials, int32_t followers, double *scaled, uint32_t *hashes, int32_t *anchors, int64_t *bounds)
{
    int pairs = followers * (followers - 1) / 2;
    int64_t total = 0;
    bounds[0] = 0;
    for (int64_t trial = 0; trial < trials; trial++) {
        for (int64_t i = 0; i < count; i++)
            scaled[i] = times[i] * tempos[numbers[trial]];
        for (int64_t i = 0; i < count; i++) {
            int made = keys_at(scaled, pitches, count, i, followers, pairs, 1, hashes + total);
            for (int k = 0; k < made; k++)
                anchors[total++] = (int32_t)i << 1 | (k & 1);
        }
        bounds[trial + 1] = total;
    }
}

/* ----------------------------------------------------------------- votes */

typedef struct {
    uint64_t code; /* tempo 5 | cell of the offset 22 | shift + 64 7 | block 8 | anchor 16 */
    int32_t offset;
} Hit;

enum { ANCHOR_BITS = 16, BLOCK_BITS = 8, SHIFT_BITS = 7, CELL_BITS = 22 };
static const uint64_t ONE_BLOCK = 1, ONE_SHIFT = 1 << BLOCK_BITS, ONE_CELL = 1 << (BLOCK_BITS + SHIFT_BITS);

/* How many of the sorted values are below `wanted`; without branches that can't be foretold. */
static int64_t lower_bound(const uint32_t *values, int64_t count, uint32_t wanted)
{
    const uint32_t *at = values;
    while (count > 1) {
        int64_t half = count >> 1;
        at = at[half - 1] < wanted ? at + half : at;
        count -= half;
    }
    return at - values + (count == 1 && *at < wanted);
}

/* The longest list that can still be read within the budget, by what is known so far of how many there are. */
static int32_t readable(const int64_t *many, int32_t longest, int64_t budget)
{
    int64_t total = 0;
    for (int32_t size = 1; size <= longest; size++)
        if ((total += many[size] * size) > budget)
            return size - 1;
    return longest;
}

/* The posting lists of the query's keys, of the pitch classes that hold the pitches asked for: what is read of them
 * may be some bins more than `play`. Keys without a list are left out, and lists that the budget leaves no room for;
 * `touched` gets the postings of all. */
int64_t lv_lists(const uint32_t *starts, int32_t bits, const uint32_t *hashes, const int32_t *anchors,
                 const int64_t *bounds, const int32_t *numbers, int64_t trials, int32_t probe, const int32_t *bins,
                 const int32_t *linked, int32_t play, int64_t budget, uint32_t *first, int32_t *length,
                 int32_t *anchor, int64_t *found, int64_t *touched)
{
    enum { AHEAD = 24, COUNTED = 1 << 12 };
    int64_t many[COUNTED + 1] = {0}, made = 0, total = 0, end = bounds[trials];
    int32_t most = INT32_MAX;
    found[0] = 0;
    for (int64_t trial = 0; trial < trials; trial++) {
        int32_t shift = linked[numbers[trial]];
        for (int64_t i = bounds[trial]; i < bounds[trial + 1]; i++) {
            if (i + AHEAD < end)
                __builtin_prefetch(starts + ((int64_t)(hashes[i + AHEAD] >> (32 - bits)) << CLASS_BITS));
            if (anchors[i] & 1 && !probe)
                continue;
            const uint32_t *lists = starts + ((int64_t)(hashes[i] >> (32 - bits)) << CLASS_BITS);
            int32_t at = anchors[i] >> 1, pitch = bins[at] - shift;
            int32_t low = pitch - play < 0 ? 0 : pitch - play;
            int32_t high = pitch + play >= BINS ? BINS - 1 : pitch + play;
            if (high < low)
                continue;
            uint32_t from = lists[low / CLASS_BINS], own = lists[high / CLASS_BINS + 1] - from;
            total += own;
            many[own < COUNTED ? own : COUNTED]++;
            first[made] = from;
            length[made] = (int32_t)own;
            anchor[made] = at;
            made += own > 0 && own <= (uint32_t)most;
        }
        found[trial + 1] = made;
        int32_t fitting = readable(many, COUNTED - 1, budget);
        if (fitting < COUNTED - 1)
            most = fitting > 0 ? fitting : 1; /* the shortest stay: without them nobody could tell that none fits */
    }
    *touched = total;
    return made;
}

/* The longest list that may be read when the longest are left out until all fit the budget. */
static int32_t longest_within(const int32_t *length, int64_t asks, int64_t budget)
{
    int32_t longest = 0;
    for (int64_t i = 0; i < asks; i++)
        longest = length[i] > longest ? length[i] : longest;
    int64_t *many = calloc((size_t)longest + 1, sizeof *many);
    if (!many)
        return -1;
    for (int64_t i = 0; i < asks; i++)
        many[length[i]]++;
    int32_t fitting = readable(many, longest, budget);
    free(many);
    return fitting;
}

/* The place in the sketch of a cell: offset, shift + 64 and block; the block's part is mixed before. */
static uint32_t slot_of(uint32_t offset, uint32_t shift, uint32_t block)
{
    uint32_t mixed = offset / CELL_UNITS * 2654435761u + shift * 2246822519u + block;
    mixed ^= mixed >> 15;
    return mixed * 668265263u >> (32 - SLOT_BITS);
}

/* How many hits a cell of the sketch needs, so that at most `most` hits are in such cells. */
static int level_for(const uint16_t *table, const uint32_t *slots, int64_t count, int64_t most)
{
    enum { TOP = 1023 };
    int64_t sizes[TOP + 1] = {0}, total = 0;
    for (int64_t i = 0; i < count; i++)
        sizes[table[slots[i]] < TOP ? table[slots[i]] : TOP]++;
    int level = TOP;
    for (; level > 2 && total + sizes[level - 1] <= most; level--)
        total += sizes[level - 1];
    return level;
}

typedef struct {
    const int32_t *bins, *blocks, *units; /* of each landmark of the query; units at the trial tempo */
    int32_t linked, play;                 /* pitch shifts that count: so many bins around one */
    const uint8_t *silenced;
    uint16_t *table;
    uint64_t *seen;
    uint32_t *slots;
} Sketch;

/* Hits of the lists of one trial tempo, counted in the sketch. */
static int64_t seen_of(const Sketch *to, const uint32_t *postings, int64_t asks, const uint32_t *first,
                       const int32_t *length, const int32_t *anchor, int32_t longest)
{
    int64_t count = 0;
    for (int64_t i = 0; i < asks; i++) {
        if (i + 20 < asks) {
            __builtin_prefetch(postings + first[i + 20]);
            __builtin_prefetch(postings + first[i + 20] + length[i + 20] - 1);
        }
        if (length[i] > longest)
            continue;
        const uint32_t *list = postings + first[i];
        int32_t own = anchor[i], unit = to->units[own] - OFFSET_PAD, bin = to->bins[own];
        int32_t low = bin - to->linked - to->play, high = bin - to->linked + to->play + 1;
        uint32_t begin = (uint32_t)(low < 0 ? 0 : low) << PITCH_SHIFT, end = (uint32_t)high << PITCH_SHIFT;
        uint32_t block = (uint32_t)to->blocks[own] * 3266489917u;
        int32_t from = 0, until = 0; /* counted, not looked for: lists are short, and sorted by pitch */
        for (int32_t k = 0; k < length[i]; k++) {
            from += list[k] < begin;
            until += list[k] < end;
        }
        for (int32_t k = from; k < until; k++) {
            uint32_t time = list[k] & TIME_MASK, shift = (uint32_t)(bin - (int32_t)(list[k] >> PITCH_SHIFT) + 64) & 127;
            if (to->silenced && to->silenced[time >> 5])
                continue;
            uint32_t offset = time - (uint32_t)unit, slot = slot_of(offset, shift, block);
            to->table[slot] += to->table[slot] < UINT16_MAX;
            to->slots[count] = slot;
            to->seen[count++] = (uint64_t)offset << 32 | shift << 16 | (uint32_t)own; /* until it is known to count */
        }
    }
    return count;
}

/* Hits in the fullest cells of the sketch, `most` at most, with the code that sorts them. */
static int64_t kept_of(const Sketch *from, int64_t count, uint64_t tempo, int64_t most, Hit *kept)
{
    int level = level_for(from->table, from->slots, count, most);
    int64_t out = 0;
    for (int64_t i = 0; i < count && out < most; i++) {
        if (from->table[from->slots[i]] < level)
            continue;
        uint64_t offset = from->seen[i] >> 32, shift = from->seen[i] >> 16 & 127, anchor = from->seen[i] & 0xFFFF;
        uint64_t cell = (tempo << CELL_BITS | offset / CELL_UNITS) << SHIFT_BITS | shift;
        kept[out].code = (cell << BLOCK_BITS | (uint64_t)from->blocks[anchor]) << ANCHOR_BITS | anchor;
        kept[out++].offset = (int32_t)offset - OFFSET_PAD;
    }
    return out;
}

/* Sort by code; within a tempo hits come by anchor, and the sort is stable. */
static void sorted(Hit *hits, Hit *spare, int64_t count)
{
    for (int shift = ANCHOR_BITS; shift < 60; shift += 11) { /* four times: the last move ends in `hits` */
        int64_t start[2048] = {0}, at = 0;
        for (int64_t i = 0; i < count; i++)
            start[hits[i].code >> shift & 2047]++;
        for (int k = 0; k < 2048; k++) {
            int64_t here = start[k];
            start[k] = at;
            at += here;
        }
        for (int64_t i = 0; i < count; i++)
            spare[start[hits[i].code >> shift & 2047]++] = hits[i];
        Hit *other = hits;
        hits = spare;
        spare = other;
    }
}

typedef struct {
    uint64_t cell;
    int32_t first, count, total;
} Cell;

/* Votes of the cell with this code, looked for from `low` to `high`. */
static int32_t count_at(const Cell *cells, int64_t low, int64_t high, uint64_t wanted)
{
    int64_t end = high;
    while (low < high) {
        int64_t middle = (low + high) >> 1;
        if (cells[middle].cell < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && cells[low].cell == wanted ? cells[low].count : 0;
}

/* Cells with their votes: each anchor once. Hits without repetition are moved to the front; returns the cells. */
static int64_t counted(Hit *hits, int64_t count, Cell *cells)
{
    int64_t fresh = 0, made = 0;
    for (int64_t i = 0; i < count; i++) {
        if (i && hits[i].code == hits[fresh - 1].code)
            continue;
        hits[fresh] = hits[i];
        uint64_t cell = hits[fresh].code >> ANCHOR_BITS;
        if (!made || cells[made - 1].cell != cell)
            cells[made++] = (Cell){cell, (int32_t)fresh, 0, 0};
        cells[made - 1].count++;
        fresh++;
    }
    return made;
}

/* Votes of the better of two neighbours; codes a step away are at most so many cells away. */
static int32_t better(const Cell *cells, int64_t count, int64_t at, uint64_t step)
{
    int64_t low = at - (int64_t)step > 0 ? at - (int64_t)step : 0;
    int64_t high = at + 1 + (int64_t)step < count ? at + 1 + (int64_t)step : count;
    int32_t one = count_at(cells, low, at, cells[at].cell - step);
    int32_t other = count_at(cells, at + 1, high, cells[at].cell + step);
    return one > other ? one : other;
}

/* Each cell's votes, and those of its better neighbour in time, in pitch and in the query. A single vote is none. */
static int32_t totalled(Cell *cells, int64_t count)
{
    int32_t most = 0;
    for (int64_t i = 0; i < count; i++) {
        if (cells[i].count < 2)
            continue;
        cells[i].total = cells[i].count + better(cells, count, i, ONE_CELL) + better(cells, count, i, ONE_SHIFT)
                         + better(cells, count, i, ONE_BLOCK);
        most = cells[i].total > most ? cells[i].total : most;
    }
    return most;
}

/* The best cells first, described: tempo number, shift, votes, middle anchor, mean offset. */
static int64_t described(const Cell *cells, int64_t count, int32_t most, const Hit *hits, int32_t least, int64_t pool,
                         int32_t *out, double *offset)
{
    int64_t made = 0;
    for (int32_t votes = most; votes >= least && made < pool; votes--)
        for (int64_t i = 0; i < count && made < pool; i++) {
            if (cells[i].total != votes)
                continue;
            const Hit *own = hits + cells[i].first;
            double sum = 0;
            for (int32_t k = 0; k < cells[i].count; k++)
                sum += own[k].offset;
            out[4 * made] = (int32_t)(cells[i].cell >> (CELL_BITS + SHIFT_BITS + BLOCK_BITS));
            out[4 * made + 1] = (int32_t)(cells[i].cell >> BLOCK_BITS & 127) - 64;
            out[4 * made + 2] = votes;
            out[4 * made + 3] = (int32_t)(own[cells[i].count / 2].code & 0xFFFF);
            offset[made++] = sum / cells[i].count;
        }
    return made;
}

/* Cells that most anchors agree on; the lists of trial k lie from `bounds[k]` to `bounds[k + 1]`.
 * Returns how many, or -1 without memory. */
int64_t lv_votes(const uint32_t *postings, const uint32_t *first, const int32_t *length, const int32_t *anchor,
                 const int64_t *bounds, const int32_t *numbers, int64_t trials, const double *times,
                 const int32_t *bins, const int32_t *blocks, int64_t count, const double *tempos,
                 const int32_t *linked, int32_t play, int64_t budget, const uint8_t *silenced, int64_t most,
                 int32_t least, int64_t pool, int32_t *out, double *offset)
{
    int64_t found = -1, widest = 0;
    int32_t longest = longest_within(length, bounds[trials], budget);
    for (int64_t trial = 0; trial < trials; trial++) {
        int64_t sum = 0;
        for (int64_t i = bounds[trial]; i < bounds[trial + 1]; i++)
            sum += length[i] <= longest ? length[i] : 0;
        widest = sum > widest ? sum : widest;
    }
    size_t room = (size_t)(trials * most < 1 ? 1 : trials * most);
    int32_t *units = malloc(((size_t)count + 1) * sizeof *units);
    Sketch sketch = {bins, blocks, units, 0, play, silenced, malloc(sizeof(uint16_t) << SLOT_BITS),
                     malloc(((size_t)widest + 1) * sizeof(uint64_t)), malloc(((size_t)widest + 1) * sizeof(uint32_t))};
    Hit *kept = malloc(room * sizeof *kept), *spare = malloc(room * sizeof *spare);
    Cell *cells = malloc(room * sizeof *cells);
    if (longest >= 0 && sketch.table && sketch.seen && sketch.slots && units && kept && spare && cells) {
        int64_t total = 0;
        for (int64_t trial = 0; trial < trials; trial++) {
            int64_t from = bounds[trial], asks = bounds[trial + 1] - from;
            for (int64_t i = 0; i < count; i++)
                units[i] = (int32_t)rint(times[i] * tempos[numbers[trial]] / UNIT);
            sketch.linked = linked[numbers[trial]];
            memset(sketch.table, 0, sizeof *sketch.table << SLOT_BITS);
            int64_t seen = seen_of(&sketch, postings, asks, first + from, length + from, anchor + from, longest);
            total += kept_of(&sketch, seen, (uint64_t)numbers[trial], most, kept + total);
        }
        sorted(kept, spare, total);
        int64_t made = counted(kept, total, cells);
        found = described(cells, made, totalled(cells, made), kept, least, pool, out, offset);
    }
    free(sketch.table), free(sketch.seen), free(sketch.slots), free(units), free(kept), free(spare), free(cells);
    return found;
}

/* ---------------------------------------------------------- coincidences */

/* Puts an offset among the `most` with the greatest surplus; returns how many there are now. */
static int64_t among_best(int64_t made, int64_t most, int64_t at, double votes, double surplus, int64_t *at_out,
                          double *votes_out, double *surplus_out)
{
    int64_t to = made;
    if (made == most) {
        to = 0;
        for (int64_t k = 1; k < most; k++)
            if (surplus_out[k] < surplus_out[to])
                to = k;
        if (surplus <= surplus_out[to])
            return made;
    }
    at_out[to] = at;
    votes_out[to] = votes;
    surplus_out[to] = surplus;
    return made < most ? made + 1 : made;
}

/* Counts pairs of landmarks by offset, a stretch of offsets at a time: counting is quick where the table is near. */
static void paired(const int32_t *units, const int64_t *starts, const int32_t *pitch, const int32_t *time,
                   int64_t count, int64_t reach, int64_t length, int64_t *next, uint16_t *table)
{
    for (int64_t i = 0; i < count; i++)
        next[i] = starts[pitch[i]];
    for (int64_t tile = 0; tile < length; tile += TILE) {
        int64_t end = tile + TILE < length ? tile + TILE : length;
        for (int64_t i = 0; i < count; i++) {
            int64_t k = next[i], last = starts[pitch[i] + 1], by = reach - time[i], at;
            for (; k < last && (at = units[k] + by) < end; k++)
                if (at >= 0)
                    table[at] += table[at] < UINT16_MAX;
            next[i] = k;
        }
    }
}

typedef struct {
    const uint16_t *table; /* pairs of landmarks by offset, one more than `length` */
    int64_t length, near;
    double least;
} Counts;

static int32_t pairs_at(const Counts *of, int64_t at)
{
    return of->table[at] + of->table[at + 1];
}

/* How far an offset stands above what chance gives at its neighbours, in deviations; far below zero where that is
 * less than `least`. */
static double surplus_at(const Counts *of, int64_t at)
{
    if (at < 0 || at >= of->length)
        return -1e9;
    int64_t low = at > of->near ? at - of->near : 0, high = at + of->near < of->length ? at + of->near : of->length - 1;
    const uint16_t *around = of->table + low;
    int32_t sum = 0;
    for (int64_t k = 0; k <= high - low; k++)
        sum += around[k] + around[k + 1];
    double chance = (double)sum / (double)(high - low + 1), over = pairs_at(of, at) - chance;
    if (over <= 0 || over * over < of->least * of->least * (chance + 1.0) * 0.999)
        return -1e9;
    return over / sqrt(chance + 1.0);
}

enum { BLOCK = 32, ASIDE = 5 }; /* so many whole blocks on either side lie within `near` */

/* The most pairs at one offset of a block, and all of them. */
static int32_t most_in(const Counts *of, int64_t block, int32_t *all)
{
    const uint16_t *here = of->table + block * BLOCK;
    int32_t sum = 0, most = 0;
    for (int k = 0; k < BLOCK; k++) {
        int32_t own = here[k] + here[k + 1];
        sum += own;
        most = own > most ? own : most;
    }
    *all = sum;
    return most;
}

/* How many pairs an offset needs at least to stand out, where chance gives no less than this. */
static int32_t needed(const Counts *of, double chance)
{
    return (int32_t)ceil(chance + of->least * sqrt((chance + 1.0) * 0.999) - 1e-6);
}

/* The `most` offsets at which landmarks coincide more than the `near` units either side explain; `near` is six blocks
 * at least. Nearly no offset stands out: of most blocks only the greatest count is compared, with the pairs of whole
 * blocks nearby. `table` has `length` + 1 counts, `next_of` one for each landmark asked. Returns how many, or -1
 * without memory. */
int64_t lv_coincide(const int32_t *units, const int64_t *starts, const int32_t *pitch, const int32_t *time,
                    int64_t count, int64_t reach, int64_t length, int64_t near, double least, int64_t *next_of,
                    uint16_t *table, int64_t most, int64_t *at_out, double *votes, double *surplus)
{
    memset(table, 0, (size_t)(length + 1) * sizeof *table);
    paired(units, starts, pitch, time, count, reach, length, next_of, table);
    Counts of = {table, length, near, least};
    int64_t made = 0, blocks = length / BLOCK;
    int32_t *sum = malloc((size_t)(blocks + 1) * 2 * sizeof *sum), *top = sum + blocks + 1, around = 0;
    if (!sum)
        return -1;
    for (int64_t block = 0; block < blocks; block++)
        top[block] = most_in(&of, block, sum + block);
    for (int64_t block = 0; block < ASIDE && block < blocks; block++)
        around += sum[block];
    for (int64_t block = 0; block <= blocks; block++) {
        around += (block + ASIDE < blocks ? sum[block + ASIDE] : 0) - (block > ASIDE ? sum[block - ASIDE - 1] : 0);
        int inside = block >= ASIDE && block + ASIDE < blocks;
        int32_t wanted = needed(&of, inside ? (double)around / (double)(2 * near + 1) : 0.0);
        if (block < blocks && top[block] < wanted)
            continue;
        int64_t end = (block + 1) * BLOCK < length ? (block + 1) * BLOCK : length;
        for (int64_t at = block * BLOCK; at < end; at++) {
            if (pairs_at(&of, at) < wanted)
                continue;
            double peak = surplus_at(&of, at);
            if (peak >= least && peak >= surplus_at(&of, at - 1) && peak >= surplus_at(&of, at + 1))
                made = among_best(made, most, at, pairs_at(&of, at), peak, at_out, votes, surplus);
        }
    }
    free(sum);
    return made;
}

/* ---------------------------------------------------------- verification */

typedef struct {
    const int8_t *values; /* frames * BINS */
    int64_t frames;
    double scale, level; /* standardised = value * scale - level */
} Map;

static int64_t place_of(double x)
{
    return (int64_t)rint(x);
}

/* First packed landmark that a time could have. */
static uint32_t bound(double time)
{
    double most = (double)((1u << (32 - MARK_PITCH_BITS)) - 1), at = ceil(time);
    return (uint32_t)(at < 0 ? 0 : at > most ? most : at) << MARK_PITCH_BITS;
}

/* Value of each landmark at one tempo, offset and shift. `base` is frame * BINS, or below zero outside. */
static void values_of(const Map *map, const int32_t *base, const int32_t *column, int64_t count, float *value)
{
    float scale = (float)map->scale, level = (float)map->level;
    for (int64_t i = 0; i < count; i++) {
        int inside = base[i] >= 0 && column[i] >= 0;
        int8_t cell = map->values[inside ? base[i] + column[i] : 0];
        value[i] = inside ? cell * scale - level : 0.0f;
    }
}

static void rows_of(const Map *map, const double *times, int64_t count, double anchor, double tempo, double offset,
                    int32_t *base)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t row = place_of((anchor + (times[i] - offset) / tempo) / STEPS_PER_FRAME);
        base[i] = row >= 0 && row < map->frames ? (int32_t)(row * BINS) : -1;
    }
}

static void columns_of(const double *pitches, int64_t count, double shift, int32_t *column)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t bin = place_of(pitches[i] + shift);
        column[i] = bin >= 0 && bin < BINS ? (int32_t)bin : -1;
    }
}

void lv_values(const int8_t *values, int64_t frames, double scale, double level, const double *times,
               const double *pitches, int64_t count, double anchor, double tempo, double shift, int32_t *scratch,
               float *out)
{
    Map map = {values, frames, scale, level};
    rows_of(&map, times, count, anchor, tempo, 0.0, scratch);
    columns_of(pitches, count, shift, scratch + count);
    values_of(&map, scratch, scratch + count, count, out);
}

typedef struct {
    int64_t starts;  /* stretches of this length begin at the first so many landmarks */
    int32_t *stop;   /* exclusive end of each */
    float *scale;    /* one over the root of its landmarks */
} Stretch;

/* For each length the stretches of landmarks that it can cover; `seconds` are sorted. */
static void stretches(const double *seconds, int64_t count, const double *lengths, int many, int64_t least,
                      Stretch *out)
{
    for (int k = 0; k < many; k++) {
        int64_t stop = 0, starts = 0;
        for (; starts < count && (starts == 0 || seconds[starts] <= seconds[count - 1] - lengths[k]); starts++) {
            while (stop < count && seconds[stop] <= seconds[starts] + lengths[k])
                stop++;
            int64_t own = stop - starts > least ? stop - starts : least;
            out[k].stop[starts] = (int32_t)stop;
            out[k].scale[starts] = (float)(1 / sqrt((double)own));
        }
        out[k].starts = starts;
    }
}

static float best_of(const Stretch *parts, int many, const float *total, int64_t *first, int64_t *last)
{
    float best = -INFINITY;
    for (int k = 0; k < many; k++)
        for (int64_t i = 0; i < parts[k].starts; i++) {
            float score = (total[parts[k].stop[i]] - total[i]) * parts[k].scale[i];
            if (score > best) {
                best = score;
                *first = i;
                *last = parts[k].stop[i];
            }
        }
    return best;
}

/* The best of all trials (tempos x offsets x shifts) for the landmarks of one track near a place.
 * result: trial, score, begin and end in query steps, landmarks, hits. Returns the landmarks compared, -1 without memory. */
int64_t lv_trial(const int8_t *values, int64_t frames, double scale, double level, const uint32_t *marks, int64_t count,
                 double local, double before, double after, double anchor, double tempo, double shift,
                 const double *tempos, int32_t tempo_count, const double *offsets, int32_t offset_count,
                 const double *shifts, int32_t shift_count, int64_t most_values, double hit, int64_t least_marks,
                 int64_t least, const double *lengths, int32_t length_count, int32_t with_whole,
                 double steps_per_second, double *result)
{
    Map map = {values, frames, scale, level};
    int64_t low = lower_bound(marks, count, bound(local - before)), high = lower_bound(marks, count, bound(local + after));
    int64_t near = high > low ? high - low : 0;
    if (near < least_marks)
        return near;
    int64_t trials = (int64_t)tempo_count * offset_count * shift_count;
    int64_t every = near * trials / most_values + 1, own = (near + every - 1) / every;
    int many = length_count + 1;
    size_t wanted = (size_t)own * (4 * sizeof(double) + sizeof(float) * (size_t)(2 + 2 * many)
                    + sizeof(int32_t) * (size_t)(2 + shift_count)) + 64;
    char *room = malloc(wanted);
    if (!room)
        return -1;
    double *times = (double *)room, *pitches = times + own, *seconds = pitches + own;
    float *value = (float *)(seconds + own), *total = value + own;
    Stretch part[16];
    float *at = total + own + 1;
    for (int k = 0; k < many; k++, at += 2 * own) {
        part[k].stop = (int32_t *)at;
        part[k].scale = at + own;
    }
    int32_t *base = (int32_t *)at, *column = base + own;
    for (int64_t i = 0; i < own; i++) {
        uint32_t mark = marks[low + i * every];
        times[i] = (double)(mark >> MARK_PITCH_BITS) - local;
        pitches[i] = (double)((mark & ((1u << MARK_PITCH_BITS) - 1)) * 2) / STEPS_PER_BIN;
        seconds[i] = (anchor + times[i] / tempo) / steps_per_second;
    }
    for (int s = 0; s < shift_count; s++)
        columns_of(pitches, own, shifts[s] + shift, column + s * own);
    double own_lengths[16], whole = seconds[own - 1] - seconds[0];
    int used = 0;
    for (int k = 0; k < length_count; k++)
        if (lengths[k] < whole)
            own_lengths[used++] = lengths[k];
    if (with_whole || used < length_count)
        own_lengths[used++] = whole;
    stretches(seconds, own, own_lengths, used, least, part);
    double best = -INFINITY;
    int64_t first = 0, last = own, first_best = 0, last_best = own, hits = 0, trial = 0;
    total[0] = 0;
    for (int t = 0; t < tempo_count; t++)
        for (int o = 0; o < offset_count; o++) {
            rows_of(&map, times, own, anchor, tempos[t] * tempo, offsets[o], base);
            for (int s = 0; s < shift_count; s++, trial++) {
                values_of(&map, base, column + s * own, own, value);
                for (int64_t i = 0; i < own; i++)
                    total[i + 1] = total[i] + value[i];
                double score = best_of(part, used, total, &first, &last);
                if (score <= best)
                    continue;
                best = score;
                first_best = first;
                last_best = last;
                result[0] = (double)trial;
                hits = 0;
                for (int64_t i = first; i < last; i++)
                    hits += value[i] > hit;
            }
        }
    result[1] = best;
    result[2] = seconds[first_best] * steps_per_second;
    result[3] = seconds[last_best - 1] * steps_per_second;
    result[4] = (double)(last_best - first_best);
    result[5] = (double)hits;
    free(room);
    return own;
}

/* Landmarks of the reference and of the query that fall on each other, nearest first, each of the query once.
 * `cells` (frame * BINS + bin of the query's landmarks) are sorted; `used` has a zero for each. */
int64_t lv_pairs(const int64_t *cells, int64_t cell_count, const double *times, const double *pitches, int64_t count,
                 double anchor, double tempo, double shift, uint8_t *used, int64_t *own, int64_t *other)
{
    static const int STEPS[5] = {0, -1, 1, -2, 2}, TURNS[3] = {0, -1, 1};
    int64_t made = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t frame = place_of((anchor + times[i] / tempo) / STEPS_PER_FRAME), bin = place_of(pitches[i] + shift);
        int64_t found = -1;
        for (int k = 0; k < 15 && found < 0; k++) {
            int64_t column = bin + TURNS[k % 3], wanted = (frame + STEPS[k / 3]) * BINS + column;
            if (column < 0 || column >= BINS)
                continue;
            int64_t low = 0, high = cell_count;
            while (low < high) {
                int64_t middle = (low + high) >> 1;
                if (cells[middle] < wanted)
                    low = middle + 1;
                else
                    high = middle;
            }
            if (low < cell_count && cells[low] == wanted)
                found = low;
        }
        if (found < 0 || used[found])
            continue;
        used[found] = 1;
        own[made] = i;
        other[made++] = found;
    }
    return made;
}
