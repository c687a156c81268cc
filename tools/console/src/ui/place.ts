// Puts an element somewhere: a style attribute in a template is one that the page's policy forbids, a property is not.
import { nothing } from 'lit';
import { Directive, directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';

class Place extends Directive {
  private top = -1;

  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error('place stands in an element');
  }

  override render(_top: number): typeof nothing { return nothing; }

  override update(part: ElementPart, [top]: [number]): typeof nothing {
    if (top !== this.top) {
      (part.element as HTMLElement).style.transform = `translateY(${top}px)`;
      this.top = top;
    }
    return nothing;
  }
}

export const place = directive(Place);
