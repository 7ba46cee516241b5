/**
 * Tables of numbers that grow by pages: a row is a number, a column an array of pages.
 *
 * Growing copies nothing but the first page, which begins short, since many tables stay so; the
 * garbage collector sees a page for four thousand rows. Longer ones would take longer to make than
 * a put may: the columns of a table need their next pages all at once.
 */
import { assert, BrokenInvariant } from '@mangrove/host';

/** The arrays a column can be made of. */
export type ColumnArray = Uint32Array | Float64Array | BigInt64Array;

/** One column: `at` reads a row, `set` writes one; rows that were never written hold 0. */
export class Column<Pages extends ColumnArray> {
  private readonly pages: Pages[] = [];
  private readonly createPage: (length: number) => Pages;
  private readonly zero: Pages[number];

  constructor(createPage: (length: number) => Pages) {
    this.createPage = createPage;
    this.zero = createPage(1)[0] as Pages[number];
  }

  at(row: number): Pages[number] {
    return this.pageOf(row)[row & (PAGE_ROWS - 1)] ?? this.zero;
  }

  set(row: number, value: Pages[number]): void {
    const page = this.pages[row >>> PAGE_BITS];
    const index = row & (PAGE_ROWS - 1);
    if (page !== undefined && index < page.length) page[index] = value;
    else this.grownTo(row)[index] = value;
  }

  /** The page of `row`, made or made longer. */
  private grownTo(row: number): Pages {
    const { pages, createPage } = this;
    if (row >= PAGE_ROWS) {
      while (pages.length <= row >>> PAGE_BITS) pages.push(createPage(PAGE_ROWS));
      return this.pageOf(row);
    }
    let length = FIRST_PAGE_ROWS;
    while (length <= row) length *= 2;
    const page = createPage(length);
    // Pages of a column are of one kind, which the type of `set` cannot say.
    if (pages[0] !== undefined) (page as Uint32Array).set(pages[0] as Uint32Array);
    pages[0] = page;
    return page;
  }

  private pageOf(row: number): Pages {
    const page = this.pages[row >>> PAGE_BITS];
    if (page !== undefined) return page;
    // Not an assertion: its message would be made at every access.
    throw new BrokenInvariant(`row ${row} of a column of ${this.pages.length} pages`);
  }
}

/** A column of unsigned 32-bit integers. */
export function uint32Column(): Column<Uint32Array> {
  return new Column((length) => new Uint32Array(length));
}

/** A column of numbers; integers are exact up to 2^53. */
export function numberColumn(): Column<Float64Array> {
  return new Column((length) => new Float64Array(length));
}

/** A column of signed 64-bit integers. */
export function int64Column(): Column<BigInt64Array> {
  return new Column((length) => new BigInt64Array(length));
}

/**
 * The numbers of rows: given out from 1, taken back, given out again; 0 is no row.
 *
 * The newest that was given back is the next to be given out.
 */
export class Rows {
  private readonly returned: Column<Uint32Array> = uint32Column();
  private returnedCount = 0;
  private highest = 0;

  /** How many rows are given out. */
  get count(): number {
    return this.highest - this.returnedCount;
  }

  take(): number {
    if (this.returnedCount > 0) {
      this.returnedCount -= 1;
      return this.returned.at(this.returnedCount);
    }
    this.highest += 1;
    assert(this.highest < ROWS_MAX, `${this.highest} rows`);
    return this.highest;
  }

  giveBack(row: number): void {
    this.returned.set(this.returnedCount, row);
    this.returnedCount += 1;
  }
}

const PAGE_BITS = 12;
const PAGE_ROWS: number = 1 << PAGE_BITS;
const FIRST_PAGE_ROWS = 512;
const ROWS_MAX = 0x7fff_ffff;
