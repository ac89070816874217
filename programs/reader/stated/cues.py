"""What words around a figure say of it, in English, Spanish and Chinese; matched against `plain` text."""

from __future__ import annotations

import re


def cue(english: str, spanish: str, chinese: str) -> re.Pattern[str]:
    """Whole words of the first two languages, any place of the third; a slash may follow a figure that is cut off."""
    return re.compile(rf"(?:\b|(?=/))(?:{english}|{spanish})\b|(?:{chinese})")


MONTHLY = cue(
    r"(?:a|per|each|every|evry|the|/) ?(?:month|mo|mth|mnth)|monthly|pm|p/m|/ ?(?:month|mo|mth)|month",
    r"(?:al|por|x|cada|el|/) ?mes|mensual(?:es|mente)?|mensualidad(?:es)? de|al mes|/ ?mes|todos los meses|mes a mes",
    r"每个?月|月供|月付|月还|一个?月(?=[内还付给交最只能先打行可吧怎成好要,!?\s]|\d|[一二三四五六七八九]|$)|/月|按月|个月还|每期|一期",
)
WEEKLY = cue(
    r"(?:a|per|each|every|the|/) ?(?:week|wk)|weekly|pw|every (?:mon|tues|wednes|thurs|fri|satur|sun)day",
    r"(?:a la|por|x|cada|la|/) ?semana|semanal(?:es|mente)?|todas las semanas|cada (?:lunes|martes|miercoles|jueves|viernes|sabado)",
    r"每个?(?:周|星期|礼拜)|一个?(?:周|星期|礼拜)(?=[还付给交])|周付|/周",
)
FORTNIGHTLY = cue(
    r"(?:a|per|each|every|the) ?fortnight|fortnightly|every (?:two|2|other|second) (?:weeks?|wks?|friday|payday|week)|bi-?weekly|(?:each|every|per) (?:pay ?day|pay ?che(?:ck|que)|pay)|twice a month",
    r"(?:a la|por|x|cada|la) ?(?:quincena|qna)|quincenal(?:es|mente)?|cada (?:dos|2) semanas|cada (?:15|quince|14|catorce) dias|catorcenal(?:es)?",
    r"每(?:两|2|二)个?(?:周|星期|礼拜)|每半个?月|两周一次|半个?月还|每隔一?周|双周|隔周",
)
DISCOUNT = cue(
    r"off|discount(?:ed)?|reduc(?:e|ed|tion|e it by)|knock(?: off)?|haircut|forgiv(?:e|en|eness)|waive[ds]?|written off|write off|less|shave|cut (?:it|the balance|the debt|the total|the whole thing)|take|drop|slash|rebate|break",
    r"descuento|dscto|dto|rebaj(?:a|as|en|e|ame|enme|arme|arla|an|o)|quita|quit(?:e|en|an|enme|eme|a)|condon(?:ar|en|e|acion|an|enme)|perdon(?:ar|en|e|an|enme|eme)|menos|reducc?ion|bonific(?:acion|ar|an|uen)|desc",
    r"减免|折扣|优惠|减掉?(?!到|至|为)|免掉?|免除|抹掉?|便宜|降(?!到|至|为|成)|砍|打折|让利",
)
FIRST = cue(
    r"up ?front|upfrnt|(?<!come )(?<!go )(?<!bring it )(?<!get it )(?<!cut )down(?! to\b)(?: payment)?|downpayment|deposit|first payment|1st payment|initial(?:ly)?|now|right away|straight away|today|tonight|tomorrow|to start|to begin|for starters|immediately|at once|at the start|this (?:week|friday|month)|first|as a start|start with|by (?:friday|monday|tuesday|wednesday|thursday)|on (?:friday|monday|tuesday|wednesday|thursday|saturday|sunday)",
    r"de entrada|entrada|inicial|enganche|anticipo|por adelantado|adelantado|ahora(?: mismo)?|ahorita|hoy(?: mismo)?|ya|de una|primer(?:a)? (?:pago|cuota|abono)|de inicio|para empezar|pa empezar|de contado|al principio|manana|de arranque|al inicio|arranco con|pie|de pie|prima|primero|el (?:lunes|martes|miercoles|jueves|viernes|sabado)|este (?:lunes|martes|miercoles|jueves|viernes|sabado)|a la firma",
    r"首付|首期|首笔|头款|先(?:还|付|给|交|拿|打|转|凑|掏|出|拨)|现在|马上|今天|今日|今晚|立刻|明天|立即|当场|预付|第一(?:笔|期|次)|首次|订金|定金|一开始|眼下|即刻|而家|头(?:一)?笔",
)
TOTAL = cue(
    r"settle(?:ment)?|lump ?sum|full and final|(?:in )?total|come down to|cash|all in|altogether|close (?:it|the account|this|the file|everything|it out)|call it (?:even|quits|square|a day|done)|one (?:payment|go|shot|wire|off|time)|one-?off|wipe|clear (?:it|the|this|everything|all)|for good|done and dusted|once and for all|square|final|pay(?:ing)? off|done with|be done|finish(?:ed)? (?:it|with)|end of story|and thats it",
    r"liquid(?:ar|o|amos|acion|arlo|arla)|finiquit(?:o|ar)|sald(?:ar|o|amos|ado|arla)|cerr(?:ar|amos|amo|arlo|arla|ado)|cerramos|cierro|cancel(?:ar|o) (?:todo|la deuda|el total)|un solo pago|una sola exhibicion|pago unico|de contado|en total|por todo|todo de una|y listo|de un jalon|quedamos a mano|a mano|cancelo todo|olvid(?:arnos|amos)|y (?:ya )?estamos|y se acabo|transar|transo|transamos",
    r"一次性|结清|一笔(?:还|付|给|清|了)|了结|结算|结了|清掉|总共|一共|全部(?:结|还|付)?|两清|了断|销账|一口价|清账|平账|还清|了事|到此为止",
)
HAND_OVER = cue(
    r"pay(?:ing|ments?)?|give(?: you| u)?|send|transfer|deposit|wire|put (?:down|in)|have it|do|settle|clear|start",
    r"pag(?:o|ar|arte|arles?|aria|are|os|ando|amos)|pagos?|abon(?:o|ar|arles?|aria)|d(?:ar|oy|arles?)|deposit(?:o|ar|arles?)|transfier[oa]|transferir|mand(?:o|ar|arles)|liquid(?:o|ar)|empez(?:ar|amos)|empiezo",
    r"还|付|给|交|打款|打给|转|结清",
)
"""The act of paying itself."""
WITHIN = re.compile(
    r"\b(?:in|within|inside|under|after|by|need|needs?|give me|gimme|want|take|another|until|for|wait|have|en|dentro de|para|a|de aqui a|unos|otros|deme|denme|dame|necesito|quiero|espera\w*|tras)"
    r"(?: (?:the|about|next|me|like|at least|max|up to|los|las|proximos|unos|otros|plazo de|menos de|un|otra|una)){0,6} ?$|(?:过|等|再等|给我|宽限|在|延|缓|推迟|改成|改到|改为|到|要)$"
)
PAY = cue(
    r"pay(?:ing|ments?)?|give|giving|send|offer(?:ing)?|manage|afford|settle|propose|proposing|proposal|put (?:down|in|up)|cover|scrape|throw|chip|do|start|swing|handle|come up with|transfer|commit|part with|spare|wire|bring|instal+ments?|payments?|deposit|sort",
    r"pag(?:o|ar|arte|arle|arles|aria|are|os|ando|amos|uemos|arlo|arla)|pagos?|abon(?:o|ar|arte|ando|aria|e|arles|arle)|d(?:ar|oy|arle|arles|aria)|pong(?:o)?|poner|ofre(?:zco|cer|zca|cerles|cerle|ci)|deposit(?:o|ar|arles|arle|aria)|transfier(?:o|a)|transferir|propon(?:go|er)|mand(?:o|ar|arles)|cuotas?|mensualidad(?:es)?|liquid(?:o|ar)|cubr(?:o|ir)|empez(?:ar|amos)|empiezo|arranc(?:o|ar|amos)|entreg(?:o|ar)|consig(?:o|uiera)|solt(?:ar)|suelto|junt(?:o|ar)|apart(?:o|ar)",
    r"还|付|给|交|打款|转|分期|首付|分|拿(?:得)?出|凑|掏|出",
)
ASK = cue(
    r"can you|could you|can u|could u|can we|could we|would you|would u|will you|how about|what about|what if|wanna|please|pls|plz|i need|id need|need|give me|gimme|give us|let me|lemme|lets|make it|make that|i want|i wan|id like|would like|id prefer|prefer|i prefer|rather|i propose|is it possible|possible|spread|split|stretch|extend|stretched|divide|break it|over|accept|take it|deal|agree|sign|works?(?: for me)?|would work|could work|work|fine|doable|suits?|happy with|only way|best i can|all i can|all i have|all ive got|max|maximum|most i can|at most|at least|ceiling|my limit|the limit|no more than|request|requesting|ask(?:ing)? for|counter(?:offer)?|offer|i can|i could|i will|ill|id|can do|could do|i may|we can|we could|well|able to|willing to|ready to|prepared to|going to|gonna|on the table|set (?:it|me) up|sign me up|put me (?:down|on)|instead|ok with|okay with|lower|bring it down|down to|drop (?:it|the)|reduce|knock|cut|take|waive|forgive",
    r"pued(?:o|en|e|es|a|an)|podr(?:ia|ian|iamos|e)|podemos|necesit(?:o|aria|amos)|quier(?:o|emos|en)|quisiera|me gustaria|pref(?:iero|eriria)|por favor|porfa|porfavor|xfa|les parece|le parece|te parece|que tal|de acuerdo|acept(?:o|an|en|aria|as)|trato|firm(?:o|amos|aria)|si me (?:hacen|dan|dejan|quitan|bajan|rebajan|descuentan)|hag(?:o|an|amos|anme|ame)|haganme|dej(?:en|enme|eme|amos|emos)|den(?:me)?|deme|dame|dividir|repart(?:ir|ido|o|amos|irlo)|alarg(?:ar|uen)|estirar|a lo (?:mucho|maximo|sumo)|maximo|minimo|como (?:mucho|minimo|maximo)|lo mas que|hasta|solo|nomas|unicamente|propongo|ofrezco|solicito|pido|plazo|me (?:sirve|alcanza|comprometo|conviene|acomoda)|estoy dispuest[oa]|dispuest[oa]|voy a|vamos|ponganme|pongamos|ponganlo|mejor|quiza|en vez de|en lugar de|quedamos|cuent(?:e|en)|bajen|baj(?:ar|enme|eme)|rebaj\w+|quit\w+|condon\w+|perdon\w+",
    r"能不能|能否|可以|可唔可以|可否|行不行|行吗|行唔行|能|想|要|希望|申请|请求|请|求|愿意|同意|接受|答应|争取|打算|准备|最多|最少|至少|顶多|给我|帮我|让我|改成|改为|分|延|宽限|缓|成不|成吗|好吗|好不好|好唔好|得唔得|怎么样|如何|建议|提议|方案|商量|就行|就还|就好|就成|没问题|我出|我还|我付|我先|麻烦|咱们|那就|协商|只能|减|免|打",
)
INCOME = cue(
    r"(?:i|we|id|ill|im|me) (?:only |just |now |currently |about |roughly |still |do )?(?:earn|make|bring|get|net|gross|clear|take|receive|draw|pull)\w*(?: home| in)?|earn(?:ing|ings)?|making|income|salary|wages?|pay ?(?:check|cheque)|take[- ]?home|bring(?:ing)? (?:home|in)|pension|benefits|disability|ssdi|ssi|social security|universal credit|stipend|net (?:pay|a month|monthly|income)?|payslip|pay is|monthly pay|allowance|comes in|total in|unemployment|getting paid|gross|salaried|coming in",
    r"gan(?:o|amos|ando)|ingres(?:o|os|an)|suel?do|salario|cobr(?:o|amos|ando)|percib(?:o|imos)|nomina|pension|jubilacion|me (?:pagan|entran|entra|llegan|caen|queda)|entran|entradas? mensual(?:es)?|saco",
    r"工资|收入|月薪|到手|挣|赚|薪水|薪资|退休金|低保|人工|入息|底薪|社保|补贴|一个月拿|出粮",
)
EXPENSES = cue(
    r"expenses?|costs|total out|living costs?|outgoings?|outgoing|cost of living|bills|spend(?:ing)?|goes out|going out|living (?:runs|costs|comes)|to live on|household|overheads|out the door|running costs|everything (?:costs|together|included)|expenditure",
    r"gast(?:o|os|amos|ando)|egresos?|costo de vida|me cuesta vivir|se me van|se (?:me )?va|vivir|manutencion|mantener la casa",
    r"开销|支出|花销|花费|生活费|开支|要花|花掉|洗费|使费|日常|消费",
)
OTHER_THING = cue(
    r"rent|mortgage|car|truck|van|landlord|tuition|school|daycare|childcare|nursery|child support|alimony|insurance|hospital|surgery|operation|medication|medicine|meds|prescription|doctor|dentist|vet|electric(?:ity)?|gas bill|water bill|power bill|utilities|phone bill|groceries|food|baby|kid|kids|son|daughter|toddler|pregnant|old|aged|age|interest|apr|inflation|overtime|hours|shifts?|probation|parole|sentence|prison|jail|lease|warranty|subscription|gym|credit card|student loans?|other loan|payday loan|another (?:loan|debt|bank|lender|card)|other (?:debts?|loans?|cards?|bank|creditors?|lenders?)|loan shark|raise|notice|contract (?:ends|runs)|fees?|late fee|tax(?:es)?|married|divorced?|funeral|score|credit score|years? ago|months? ago|weeks? ago|days? ago|holiday|vacation|flight|trip|wedding|moved|move|lived?|living|clean|sober|chemo|treatment|physio|cast|therapy|laid off|fired|furlough(?:ed)?|off work|off sick|on leave|leave|unpaid leave|unemployed|out of work|deployment|deployed|tour|semester|course|graduat\w+|visa|appointment|court|hearing|customers?|commission|bonus|savings|raised|tank|fridge|boiler|roof|repairs?|bail|(?:a|the) fine|ticket|(?:new |old |a |my |the )job|interview|anyone|anybody|ever give",
    r"renta|alquiler|arriendo|hipoteca|carro|coche|auto|moto|colegi\w+|escuela|universidad|guarderia|pension alimenticia|seguro|hospital|operacion|cirugia|medicinas?|medicamentos?|doctor|dentista|luz|agua|internet|super|comida|despensa|bebe|hij[oa]s?|nin[oa]s?|nen[ea]s?|embarazad[ao]|edad|interes(?:es)?|inflacion|turnos?|prueba|contrato|otra deuda|otro (?:prestamo|credito|banco)|otras deudas|tarjeta|multa|impuestos?|casad[oa]|divorci\w+|funeral|vacaciones|boda|mud\w+|quimio|terapia|yeso|despid\w+|desemplead[oa]|parad[oa]|sin trabajo|sin empleo|incapacidad|paro|de baja|semestre|carrera|cita|juicio|aument\w+|subi(?:o|eron)|me bajaron|recort\w+|redujeron|horas|cumpl\w+|tratamiento|ahorros?|aguinaldo|vive|vivo|comision(?:es)?|mora|recargos?|nac(?:e|io|imiento)|gestacion|dosis",
    r"租|房贷|车贷|租金|学费|幼儿园|托儿|赡养|抚养|保险|医院|住院|手术|药|看病|医药|水电|电费|煤气|话费|伙食|奶粉|孩子|小孩|儿子|女儿|宝宝|怀孕|岁|个月大|利息|利率|年化|物价|涨|加班|工时|试用期|合同|判|刑|坐牢|租约|会员|健身|信用卡|花呗|借呗|网贷|白条|别的|其他|另外一家|另一家|别家|税|结婚|离婚|丧|假期|旅游|婚礼|搬|化疗|康复|治疗|石膏|失业|下岗|被裁|裁员|待业|没工作|没上班|停工|停薪|产假|休息|学期|毕业|签证|开庭|老板|提成|奖金|存款|逾期费|违约金|滞纳|工地|拖欠|老家|新工作|上班|入职|面试|试工|降薪|扣薪|砍了|出狱",
)
PAST = cue(
    r"ago|last (?:year|month|week|time|summer|winter|spring|fall|autumn|christmas|january|february|march|april|may|june|july|august|september|october|november|december)|yesterday|used to|already (?:paid|sent|gave|made)|back (?:in|then|when)|previously|was|were|had|did|(?:i|we|have|ive|already|had|has|he|she|they|just) (?:already )?paid|i (?:just )?got|gave|lost|took|missed|cost|made|sent|told|said|promised|agreed|offered|quoted|went|came|started|stopped|broke|asked|since|have been|ive been|has been|been|havent|hasnt|for the (?:last|past)|(?:over|in|during) the (?:last|past)|(?:the|these|this) (?:last|past)|late|behind|overdue|in arrears|past due|so far|years old|months old|remain(?:ing)? on|ended|borrowed|owed|signed",
    r"hace|hacia|llev(?:o|amos|aba|a|an)|desde|el (?:ano|mes|semana) pasad[oa]|la semana pasada|ayer|antes|ya (?:pague|abone|di|llevo)|pague|pagaba|pagamos ya|perdi|estuv(?:e|o|imos)|era|fue|fueron|tuv(?:e|o)|dijeron|dijo|dijiste|ofrecieron|ofrecio|prometi(?:eron|o)?|quedaron|acordamos|acorde|mandaron|mande|di\b|costo|sali|sali[oe]|retras\w+|atras\w+|vencid[oa]|tard(?:e|o)|me (?:quitaron|cobraron|dieron|quede|operaron|corrieron|echaron|despidieron)|preste|firme|pedi|debia|dure|anduve|estaba|estabamos|aqui tengo",
    r"[天周年月期]以?之?前(?!还|付|能|给|把|结|我)|(?<!不)过(?!两|几|一|\d|了|年|段|分|期|后|些|来|去|期)|去年|上个?月|上周|上次|之前|以前|当初|当时|昨天|刚(?!好)|已经|曾|说好|讲好|答应过|欠了|拖了|一直|这些年|近来|原来",
)
REPORTED = cue(
    r"you (?:said|told|promised|offered|quoted|agreed|guys said)|your (?:colleague|letter|website|agent|email|text|guy|rep|lady|man)\w*|(?:he|she|they|somebody|someone|the (?:guy|lady|woman|man|agent|bank|court|judge|website)|on the phone|colleague|letter|website|email|agent|rep)\b.{0,30}\b(?:says?|said|told|promised|offered|quoted|wrote|mentioned)|said|told me|offered me|quoted|according to|i (?:heard|read|saw)|supposedly|advertis\w+|the news|was told|been told|mentioned|i was (?:promised|offered|quoted)",
    r"(?:me|nos) (?:dijo|dijeron|ofrecio|ofrecieron|prometio|prometieron|habian dicho|habian ofrecido|comento|comentaron|aseguro)|su (?:companer[oa]|colega|carta|agente|pagina|ejecutiv[oa]|asesor[a]?|mensaje|correo)|ustedes (?:dijeron|ofrecieron|prometieron)|dice(?:n)? que|dijo|dijeron|dijiste|ofrecieron|segun|lei|escuche|oi que|vi que|por telefono|decian|habian",
    r"你们?(?:说|讲|答应|承诺|之前|上次|电话)|说过|说好|说是|说的|客服|听说|据说|电话里|同事(?:说|讲)|告诉我|跟我说|通知|短信(?:里|上)?(?:说|写)|网上|新闻|承诺",
)
OTHER_PERSON = cue(
    r"my (?:wife|husband|partner|sister|brother|mother|father|mom|mum|dad|friend|cousin|neighbou?r|boss|landlord|son|daughter|uncle|aunt|ex|girlfriend|boyfriend|nephew|niece|kids?|roommate|flatmate|coworker|colleague|lawyer|doctor|employer|company|mate|bro)s?(?! (?:can|will|could|would) (?:help|lend|chip|give|cover|pay))|another (?:bank|lender|company|creditor)|other (?:bank|lender|company|people|person|creditors?)s?|the other (?:bank|lender|company|guys|collector)|somebody|someone|he|she|his|her|the government|the bank|other guys",
    r"mi (?:esposa|esposo|marido|mujer|pareja|hermana|hermano|madre|padre|mama|papa|amig[oa]|prim[oa]|vecin[oa]|jef[ea]|patron|hij[oa]|tio|tia|ex|novi[oa]|cunad[oa]|sobrin[oa]|suegr[oa]|abogad[oa]|compadre|comadre)|otr[oa] (?:banco|persona|empresa|financiera|acreedor|compania)|otros bancos|ell?a|el gobierno|el banco|a un amigo|alguien",
    r"我?(?:老婆|老公|妻子|丈夫|姐姐?|妹妹?|哥哥?|弟弟?|妈妈?|爸爸?|父亲|母亲|朋友|同学|表哥|表弟|表姐|邻居|老板|房东|儿子|女儿|前妻|前夫|同事|对象|爱人|舅舅?|叔叔?|堂哥|亲戚)(?!.{0,4}(?:帮|借|凑))|别家|另一家|别的(?:银行|平台|公司|人)|人家|他(?!们?们)|她|某银行|其他(?:银行|平台)",
)
NEGATED = cue(
    r"cant|cannot|can not|couldnt|could not|wont|will not|dont|do not|didnt|not|never|no way|unable|impossible|isnt|aint|is not|wouldnt|refuse|too (?:much|high|long|short|many|little|soon|late|steep|big|heavy|tight|expensive)|nowhere near|out of (?:my league|reach|the question)|way (?:too|over|above|beyond)|beyond|neither|nor|without|nothing like|forget|(?:would|ll|gonna|d) (?:bankrupt|kill|break|ruin|sink|finish)|(?:sooner|rather) .{0,40}than|killin|rough|what planet|laugh\w*|mad to|instead of|rather than|more than i|kills? me|isn t|not possible|hardly|joke|laughable|ridiculous|crazy|insane|unrealistic|no chance|doesnt|does not|wasnt|havent|hasnt|no longer",
    r"no|ni|nunca|jamas|imposible|tampoco|sin|demasiad[oa]s?|muy (?:alt[oa]|pesad[oa]|larg[oa]|cort[oa]|poc[oa]|car[oa])|es mucho|mucho|en vez de|en lugar de|no me alcanza|no puedo|excesiv[oa]|burla|locura|barbaridad|ridicul[oa]|broma|olvid\w+",
    r"不(?!过|如|知|好意思|行吗|得不|要求|超过|高于|低于|少于|多于|用首付|用先|首付)|没(?!问题)|别|无法|没法|太(?:多|高|长|短|少|紧|久|快|急|贵)|做不到|拿不出|唔(?!该|知)|难以|而不是|赶|受不了|扛不住|掏不出|凑不出|哪有|休想|搞笑|离谱",
)
HYPOTHETICAL = cue(
    r"if i (?:had|got|get|win|find|land|sell|were|was|could find|ever)|if (?:my|the|she|he|it|they|things|work|business|tax|god) \w+|i wish|would have|could have|should have|maybe (?:in|after|next)|when i (?:find|get (?:a|another|back on|my) (?:job|new|feet|better)|have a job|am back)|once i (?:find|get|have)|might|in an ideal world|suppose|hypothetically|assuming|what would|how much would|what happens if|say i",
    r"si (?:tuviera|consigo|encuentro|ganara|pudiera|vendo|me (?:sale|dieran|contratan|pagan|toca|saco|aprueban)|hubiera|fuera|gano|logro|cae|llego|sale|cobro|todo)|ojala|a lo mejor|tal vez|quizas|quiza|cuando (?:consiga|encuentre|tenga|vuelva|me paguen|cobre|pueda)|en cuanto (?:consiga|encuentre|tenga)|seria|hubiera|cuanto (?:seria|quedaria|pagaria)|que pasa si|supongamos",
    r"如果我|要是我|假如|等我|要是(?!你)|万一|也许|说不定|如果(?!你们?|能|可以|贵|免|减|打)|假设|等(?:工资|发|找到|年底|项目|工程|房子|拿到)|若(?!贵|能|可)|或许|多少",
)
GRACE = cue(
    r"grace|of nothing|breathing|pause|holiday|break|freeze|hold off|on hold|before i (?:can )?start|deferral|defer|moratorium|forbearance|think(?: about)?|talk to|get back to you|decide",
    r"de gracia|gracia|pausa|prorroga|congel\w+|respiro|descanso|carencia|pensarlo|aplaz\w+|posterg\w+",
    r"宽限期?(?:\d|[一二两三四五六])|停催|缓交|喘|暂停|停息|考虑|想想|商量一下|再说|延期|缓一?缓|缓(?:\d|[一二两三四五六几])",
)
OFFERED_TO_YOU = re.compile(
    r"\b(?:if you|if u|if yall|si (?:me|ustedes|usted|nos|les|le)|provided you|as long as)\b|如果你|要是你|只要"
)
BOUND = cue(
    r"at most|at least|ceiling|my limit|the limit|no more than|not more than|max(?:imum)?|minimum|up to|not a (?:penny|cent) more|nothing more|wont go above|and no more|no more|not more|tops|cant (?:do|go|pay) (?:more|any more|over|above|higher)|or less|not less than|no less than|nothing less|nothing over",
    r"a lo (?:mucho|maximo|sumo)|tope|maximo|minimo|como (?:mucho|minimo|maximo)|no mas(?: de)?|no menos(?: de)?|hasta|ni un (?:peso|euro|centavo) mas|no puedo (?:mas|pagar mas|dar mas)|nada mas|al menos|por lo menos|no pas\w+ de",
    r"最多|最少|至少|顶多|上限|极限|不超过|不能再多|不能超过|不低于|不高于|撑死|封顶|以内|起码|多了(?:没|拿不)|再多",
)
